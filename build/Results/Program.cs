using DQPipeline.Declarations;
using DQPipeline.Results;

// Usage: Results [FOLDER] [--check]
// Writes FOLDER/RESULTS.md out of FOLDER/results.json and of the lock files beside it; with --check it is only held against them.
var folder = args.FirstOrDefault(argument => !argument.StartsWith('-')) ?? Path.Combine("examples", "paper");
try
{
    var page = Page.Of(folder);
    var path = Path.Combine(folder, "RESULTS.md");
    var isCurrent = File.Exists(path) && File.ReadAllText(path) == page;
    if (args.Contains("--check"))
    {
        Console.WriteLine(isCurrent ? $"{path} is current." : $"{path} is not what the lock files say; make it anew with: dotnet run --project build/Results");
        return isCurrent ? 0 : 1;
    }

    if (!isCurrent)
        AtomicFile.Write(path, System.Text.Encoding.UTF8.GetBytes(page));
    Console.WriteLine($"{path}: {(isCurrent ? "nothing has changed" : "written")}");
    return 0;
}
catch (DqException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
