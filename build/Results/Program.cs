using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Results;

// Usage: Results [FOLDER] [--check]
// Writes FOLDER/RESULTS.md, its charts and the copies of small outputs out of FOLDER/results.json and of the lock files beside it; with --check they are only held against them.
var folder = args.FirstOrDefault(argument => !argument.StartsWith('-')) ?? Path.Combine("examples", "paper");
try
{
    var page = Page.Of(folder);
    var files = page.Files.Prepend(new("RESULTS.md", Encoding.UTF8.GetBytes(page.Text))).Select(file => (Path: Path.Combine(folder, file.Key), Content: file.Value)).ToList();
    var stale = files.FindAll(file => !File.Exists(file.Path) || !File.ReadAllBytes(file.Path).AsSpan().SequenceEqual(file.Content));
    if (args.Contains("--check"))
    {
        foreach (var file in stale)
            Console.WriteLine($"{file.Path} is not what the lock files say; make it anew with: dotnet run --project build/Results");
        return stale.Count == 0 ? 0 : 1;
    }

    foreach (var file in stale)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
        AtomicFile.Write(file.Path, file.Content);
        Console.WriteLine($"{file.Path}: written");
    }

    return 0;
}
catch (DqException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
