using System.CommandLine;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Tool.Starting;
using DQPipeline.Tool.Terminal;
using Spectre.Console;

namespace DQPipeline.Tool.Commands;

internal static class InitCommand
{
    private const string BuiltIn = "the built-in house numbers";

    public static Command Create()
    {
        var folder = CommonOptions.Folder();
        var images = new Option<string?>("--from-images") { Description = "Train on this image folder or .zip: CLASS/*.jpg, or train/CLASS/*.jpg and test/CLASS/*.jpg.", HelpName = "PATH" };
        var builtIn = new Option<bool>("--built-in") { Description = "Train on the built-in house numbers, whatever images there are." };
        var github = new Option<bool>("--github") { Description = "Write a workflow for GitHub Actions too." };
        var command = new Command("init", """
            Write a commented dq.json that trains, quantizes, attacks and gates three models. Asks two questions at a terminal, unless options answer them.

            Examples:
              dq init                          on the images in this folder, or on built-in house numbers
              dq init --from-images photos     on your own photographs
            """) { folder, images, builtIn, github };
        command.Validators.Add(result =>
        {
            if (result.GetValue(images) is not null && result.GetValue(builtIn))
                result.AddError("--from-images and --built-in name different images; give one of them");
        });
        command.SetAction(parsed =>
        {
            var here = parsed.GetValue(folder)!;
            var target = Path.Combine(here, PipelineFile.Name);
            if (File.Exists(target))
                throw new DqException(DiagnosticCodes.Duplicate, "there is a dq.json already; it is not overwritten", new SourcePlace(target));
            var isAsked = parsed.GetValue(images) is null && !parsed.GetValue(builtIn) && !Console.IsInputRedirected && Output.IsLive;
            var found = parsed.GetValue(images) is { } path ? Named(path) : parsed.GetValue(builtIn) ? null : Choose(here, isAsked);
            var workflow = parsed.GetValue(github) || (isAsked && RepositoryOf(here) is not null && Output.ForPeople.Confirm("Write a workflow for GitHub Actions too?", defaultValue: false));
            if (workflow && File.Exists(WorkflowPath(here)))
                throw new DqException(DiagnosticCodes.Duplicate, "there is such a workflow already; it is not overwritten. Add a job for this folder to it, or rename it first", new SourcePlace(WorkflowPath(here)));
            Write(here, found, workflow);
            return DqCommand.Done;
        });
        return command;
    }

    private static FoundImages Named(string path)
    {
        if (!Path.Exists(path))
            throw new DqException(DiagnosticCodes.DataMissing, $"there is no file or folder \"{path}\"");
        return FoundImages.At(path)
            ?? throw new DqException(DiagnosticCodes.DataUnfit, $"\"{path}\" is no image folder: two classes or more are needed, each a folder with two images or more (.jpg, .jpeg or .png), or train/CLASS/ and test/CLASS/");
    }

    private static FoundImages? Choose(string folder, bool isAsked)
    {
        var found = FoundImages.In(folder);
        if (!isAsked || found.Count == 0)
            return found.FirstOrDefault();
        var choices = found.ToDictionary(images => $"{(images.Path == folder ? "this folder" : Path.GetFileName(images.Path))} ({Words.Count(images.Classes.Count, "class", "classes")}, {Words.Count(images.Images, "image")} to train on)");
        var question = new SelectionPrompt<string>().Title("Which images to train on?").UseConverter(Output.Escaped).AddChoices([.. choices.Keys, BuiltIn]);
        var chosen = Output.ForPeople.Prompt(question);
        return choices.GetValueOrDefault(chosen);
    }

    private static void Write(string folder, FoundImages? images, bool workflow)
    {
        AtomicFile.CreateFolder(Path.GetFullPath(folder));
        var path = images is null ? "" : Path.GetRelativePath(Path.GetFullPath(folder), Path.GetFullPath(images.Path)).Replace('\\', '/');
        var written = new List<string>();
        WriteFile(Path.Combine(folder, FirstPipeline.SchemaFile), SchemaCommand.Text() + "\n");
        WriteFile(Path.Combine(folder, PipelineFile.Name), FirstPipeline.Text(images, path, Environment.ProcessorCount));
        var ignore = Path.Combine(folder, ".gitignore");
        if (!File.Exists(ignore) || !File.ReadLines(ignore).Contains(".dq/"))
            WriteFile(ignore, (File.Exists(ignore) ? File.ReadAllText(ignore).TrimEnd('\n') + "\n" : "") + ".dq/\n");
        if (workflow)
            WriteFile(WorkflowPath(folder), Workflow(folder));
        Output.Line($"dq: wrote {string.Join(", ", written)}");
        Output.Line(images is null ? $"dq: it trains on {BuiltIn}" : $"dq: it trains on {(path == "." ? "this folder" : path)}, {Words.Count(images.Classes.Count, "class", "classes")}: {string.Join(", ", images.Classes.Take(8))}{(images.Classes.Count > 8 ? " and others" : "")}");
        Output.Line("dq: `dq build` brings it to life. Commit these files and, later, dq.lock.");

        void WriteFile(string file, string text)
        {
            AtomicFile.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(file))!);
            AtomicFile.Write(file, Encoding.UTF8.GetBytes(text));
            written.Add(SourcePlace.Shown(file));
        }
    }

    private static string WorkflowPath(string folder) => Path.Combine(RepositoryOf(folder) ?? folder, ".github", "workflows", "models.yml");

    /// <summary>The workflow of examples/ci, for a dq.json in this folder of the repository.</summary>
    private static string Workflow(string folder)
    {
        using var reader = new StreamReader(typeof(InitCommand).Assembly.GetManifestResourceStream("github-actions.yml")!);
        var text = reader.ReadToEnd();
        var below = RepositoryOf(folder) is { } root ? Path.GetRelativePath(root, Path.GetFullPath(folder)).Replace('\\', '/') : ".";
        return below == "." ? text : text.Replace("runs-on: ${{ matrix.os }}\n", $"runs-on: ${{{{ matrix.os }}}}\n    defaults:\n      run:\n        working-directory: {below}\n", StringComparison.Ordinal)
            .Replace(" .dq/", $" {below}/.dq/", StringComparison.Ordinal).Replace(" dq.lock\n", $" {below}/dq.lock\n", StringComparison.Ordinal).Replace(" dq.xml\n", $" {below}/dq.xml\n", StringComparison.Ordinal)
            .Replace("            dq.sarif\n", $"            {below}/dq.sarif\n", StringComparison.Ordinal).Replace("sarif_file: ", $"sarif_file: {below}/", StringComparison.Ordinal);
    }

    /// <summary>The root of the git repository around a folder; null where there is none.</summary>
    private static string? RepositoryOf(string folder)
    {
        for (var at = new DirectoryInfo(Path.GetFullPath(folder)); at is not null; at = at.Parent)
        {
            if (Path.Exists(Path.Combine(at.FullName, ".git")))
                return at.FullName;
        }

        return null;
    }
}
