using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DQPipeline.Journeys;

/// <summary>What the pages say to type, typed.</summary>
public sealed partial class ReadmeJourneys
{
    /// <summary>The commands that README.md names, each with what a user would add to it after the first build.</summary>
    private static readonly Dictionary<string, string> Completed = new()
    {
        ["dq build"] = "build",
        ["dq init"] = "init fresh",
        ["dq status"] = "status",
        ["dq metrics"] = "metrics",
        ["dq metrics diff"] = "metrics diff",
        ["dq report"] = "report --out page.html",
        ["dq attack"] = "attack dq --data street --attack fgsm --epsilon 2 --samples 10 --out attacked.npz",
        ["dq export"] = "export dq --onnx dq.onnx",
        ["dq predict"] = "predict dq sheet.png",
        ["dq benchmark"] = "benchmark full dq --rounds 1",
        ["dq data"] = "data show street",
        // Those take a cluster: see SlurmJourneys.
        ["dq build --executor slurm"] = "build --help",
        ["dq build --executor slurm --device cuda"] = "build --help",
        ["dq attach"] = "attach",
        // Which does not end: see WatchJourneys.
        ["dq watch"] = "watch --help",
        ["dq data show street --out street-digits.png"] = "data show street --out sheet.png",
        ["dq graph"] = "graph",
        ["dq schema"] = "schema",
        ["dq doctor"] = "doctor",
        ["dq cache"] = "cache verify",
        ["dq clean"] = "clean",
    };

    public static TheoryData<string> Pages =>
    [
        .. Directory.EnumerateFiles(DqTool.Repository, "README.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(DqTool.Repository, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "artifacts" || part[0] == '.') && Typed(path).Any()),
    ];

    /// <summary>A page's command lines, without the program: those in blocks, and those in its text that have no placeholder.</summary>
    private static IEnumerable<string> Typed(string page)
    {
        var text = File.ReadAllText(Path.Combine(DqTool.Repository, page));
        var fenced = Fence().Matches(text).SelectMany(block => block.Groups[1].Value.Split('\n')).Select(line => Line().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value.Split('#')[0]);
        var inline = Inline().Matches(text).Select(match => match.Groups[1].Value["dq ".Length..]).Where(line => !Placeholder().IsMatch(line));
        return fenced.Concat(inline);
    }

    [Fact]
    public async Task Every_command_that_the_first_page_names_does_its_work()
    {
        var named = Inline().Matches(File.ReadAllText(Path.Combine(DqTool.Repository, "README.md"))).Select(match => match.Groups[1].Value).Distinct().Order();
        Assert.Equal(Completed.Keys.Order(), named);
        using var folder = new Folder();
        // What the first build found is committed, so that there is a revision to compare with.
        (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        foreach (var arguments in new[] { "init -q", "add dq.json dq.lock", "-c user.name=a -c user.email=a@b commit -q -m first" })
            await GitAsync(folder.Path, arguments);
        // In the order of the page: images are drawn before they are predicted, and what is cleaned is cleaned last.
        foreach (var command in Completed.OrderBy(pair => pair.Key == "dq clean").ThenBy(pair => pair.Key == "dq predict").Select(pair => pair.Value))
            (await DqTool.RunAsync(folder.Path, command.Split(' '))).Expect(0);
        Assert.True(new FileInfo(folder.At("page.html")).Length > 10_000);
        Assert.True(File.Exists(folder.At("attacked.npz")) && File.Exists(folder.At("dq.onnx")) && File.Exists(folder.At("fresh/dq.json")));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_command_line_on_a_page_is_one_that_the_tool_takes(string page)
    {
        var names = DqTool.Commands().Select(command => command.Words).ToHashSet();
        // A command may be named without what it needs.
        Assert.All(Typed(page), line => Assert.True(names.Contains(line) || Tool.Commands.DqCommand.Root().Parse(line).Errors.Count == 0, $"{page}: {line}"));
    }

    [Fact]
    public void Command_lines_are_found_on_the_pages_that_have_some()
    {
        Assert.InRange(Pages.Count, 9, 100);
        string[] pages = ["README.md", "tool/README.md", "examples/README.md"];
        Assert.All(pages, page => Assert.InRange(Typed(page).Count(), 6, 100));
    }

    private static async Task GitAsync(string folder, string arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = folder })!;
        await git.WaitForExitAsync();
        Assert.Equal(0, git.ExitCode);
    }

    [GeneratedRegex("`(dq [a-z][^`]*)`")]
    private static partial Regex Inline();

    [GeneratedRegex(@"[A-Z\[…|\\]")]
    private static partial Regex Placeholder();

    [GeneratedRegex("```[a-z]*\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("^(?:dq|dotnet dq|dotnet run --project tool -c Release --) ([a-z].*)$")]
    private static partial Regex Line();
}
