using System.CommandLine;
using System.Diagnostics;
using System.Text;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Verdicts;
using DQPipeline.Tool.MSBuild;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

/// <summary>What the MSBuild package runs: one request, answered in lines that its task understands. Not for people, and in no help.</summary>
internal static class MSBuildCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("REQUEST");
        var action = new Argument<string>("COMMAND");
        action.AcceptOnlyFromAmong("build", "locked", "collect", "status", "metrics", "clean", "purge");
        var kind = new Option<string>("--kind") { DefaultValueFactory = _ => "" };
        var parent = new Option<int>("--parent");
        var cancel = new Option<string>("--cancel") { DefaultValueFactory = _ => "" };
        var command = new Command("msbuild", "Answer the MSBuild package.") { path, action, kind, parent, cancel };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            Output.Diagnostics = MessageLines.Diagnostic;
            Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
            MessageLines.Version();
            var file = parsed.GetValue(path)!;
            var began = TimeProvider.System.GetUtcNow();
            var request = BuildRequest.Read(file);
            using var lifeline = new Lifeline(parsed.GetValue(parent), parsed.GetValue(cancel)!, cancellation);
            var asked = parsed.GetValue(action)!;
            return asked switch
            {
                "status" => Status(request),
                "metrics" => Metrics(request),
                "clean" => Clean(request, CleanScope.Outputs),
                "purge" => Clean(request, CleanScope.Cache | CleanScope.Checkpoints | CleanScope.Logs),
                "collect" => Collect(Open(request)),
                _ => await BuildAsync(request, parsed.GetValue(kind)!, asked == "locked", file, began, lifeline.Token),
            };
        });
        return command;
    }

    private static Opened Open(BuildRequest request, DateTimeOffset? since = null) => Opened.At(request.Folder, request.Set, request.Items, since);

    private static async Task<int> BuildAsync(BuildRequest request, string kind, bool locked, string file, DateTimeOffset began, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var files = new VerdictFiles(request.SarifFile, request.JUnitFile, ToolVersion.Text);
        Opened? opened = null;
        var result = await Verdict.WriteAsync(files, request.Folder, () => BuildAsync(opened = Open(request, began), request, kind, locked, cancellation));
        if (opened is not null)
        {
            var asked = result.Targets.Select(target => target.Target).ToHashSet();
            Tell(opened, Current(result).Concat(opened.Graph.Targets.OfType<PackageTarget>().Where(package => !asked.Contains(package) && IsHere(opened.Workspace, package))));
        }

        if (result.Count(Outcome.UpToDate) < result.Targets.Count)
        {
            BuildSummary.Print(result, clock.Elapsed, opened!.Workspace, opened.Graph.Reports);
        }
        else if (result.Targets.Count > 0)
        {
            MessageLines.Message(Importance.Normal, $"dq: {Words.Count(result.Targets.Count, "target")} up to date");
            if (result.StandsStill && !opened!.Pipeline.UsesEnvironment)
                QuickAnswer.MemoryOf(file, locked ? "locked" : "build", kind).Remember(opened.Workspace, opened.Pipeline, [.. result.Targets.Select(target => target.Target)], MessageLines.Said, [file, .. files.Paths, .. opened.Graph.Reports.SelectMany(opened.Workspace.PathsOf)], opened.Read);
        }

        return result.ExitCode;
    }

    private static async Task<BuildResult> BuildAsync(Opened opened, BuildRequest request, string kind, bool locked, CancellationToken cancellation)
    {
        if (Select(request, kind, opened.Graph) is not { } select)
            return BuildResult.NotBegun(DqCommand.Done, []);
        var options = Opened.Options(request.Device) with
        {
            Select = select,
            Locked = locked,
            AsDeclared = request.Set.Count == 0 && request.Items.Count == 0 && !opened.Pipeline.UsesEnvironment ? opened.Read : null,
            Jobs = Math.Max(1, Environment.ProcessorCount / opened.Pipeline.Threads),
        };
        var view = new MSBuildView(TimeProvider.System, request.GatesWarn);
        var result = await RunAsync(opened, options, view, cancellation);
        var absent = Current(result).FindAll(package => !IsHere(opened.Workspace, package));
        // On a clean clone dq.lock says that all is well; but a project that is about to copy a model needs its bytes.
        if (absent.Count > 0 && result.ExitCode is DqCommand.Done or DqCommand.GateFailed)
        {
            string[] needed = [.. absent.Select(package => package.Id)];
            result = Merged(result, await RunAsync(opened, options with { Select = needed, Fetch = needed }, view, cancellation));
        }

        return view.Weighed(ReportFiles.Update(opened, options, result, cancellation));
    }

    /// <summary>The packages whose results stand.</summary>
    private static List<PackageTarget> Current(BuildResult result) =>
        [.. result.Targets.Where(target => target.Outcome is not (Outcome.Skipped or Outcome.Failed or Outcome.Cancelled)).Select(target => target.Target).OfType<PackageTarget>()];

    private static Task<BuildResult> RunAsync(Opened opened, BuildOptions options, MSBuildView view, CancellationToken cancellation) =>
        new Builder(opened.Workspace, opened.Graph, Opened.Executor(opened.Workspace), options, view.Observer).RunAsync(cancellation);

    /// <summary>The result of a build, with that of a second one about some of its targets in place of what the first said of them.</summary>
    private static BuildResult Merged(BuildResult first, BuildResult second)
    {
        var again = second.Targets.ToDictionary(target => target.Target);
        return first with
        {
            ExitCode = second.ExitCode == DqCommand.Done ? first.ExitCode : second.ExitCode,
            Targets = [.. first.Targets.Select(target => again.GetValueOrDefault(target.Target) ?? target)],
            Diagnostics = [.. first.Diagnostics.Union(second.Diagnostics)],
            StandsStill = false,
        };
    }

    /// <summary>What is asked for by name; null where a kind is asked for of which nothing is declared.</summary>
    private static IReadOnlyList<string>? Select(BuildRequest request, string kind, TargetGraph graph)
    {
        if (kind.Length == 0)
            return request.Targets;
        var chosen = graph.Select(request.Targets).Where(target => target.Kind == kind).Select(target => $"{target.Kind}/{target.Name}").Distinct().ToList();
        if (chosen.Count > 0)
            return chosen;
        MessageLines.Message(Importance.High, $"dq: nothing of the kind \"{kind}\" is declared");
        return null;
    }

    /// <summary>Tells what is there, and builds nothing.</summary>
    private static int Collect(Opened opened)
    {
        var here = opened.Graph.Targets.OfType<PackageTarget>().ToLookup(package => IsHere(opened.Workspace, package));
        foreach (var package in here[false])
            MessageLines.Message(Importance.Normal, $"{package.Id}: not built yet");
        Tell(opened, here[true]);
        return DqCommand.Done;
    }

    private static bool IsHere(Workspace workspace, PackageTarget package) => package.Outputs.All(name => File.Exists(workspace.OutputPath(package.Name, name)));

    /// <summary>Tells every package that is declared: those that are not here too, or code that uses them would not compile where a failed gate is no error.</summary>
    private static void Tell(Opened opened, IEnumerable<PackageTarget> here)
    {
        var placed = here.ToHashSet();
        foreach (var package in opened.Graph.Targets.OfType<PackageTarget>())
        {
            var content = placed.Contains(package) ? PackageInfo.TryRead(opened.Workspace, package) : null;
            foreach (var format in package.Declaration.Formats)
            {
                if (content is null)
                    MessageLines.Model(package.Name, format, "", 0, 0, 0, []);
                else
                    MessageLines.Model(package.Name, format, opened.Workspace.OutputPath(package.Name, PackageTarget.FileOf(format)), content.Channels, content.Height, content.Width, content.Labels);
            }
        }
    }

    private static int Status(BuildRequest request)
    {
        var opened = Open(request);
        foreach (var target in StatusReport.Create(opened.Workspace, opened.Graph, Opened.Options(request.Device)))
            MessageLines.Message(Importance.High, $"{Narration.Short(target.Target)}: {StatusCommand.State(target)}");
        return DqCommand.Done;
    }

    private static int Metrics(BuildRequest request)
    {
        var opened = Open(request);
        var metrics = MetricsReport.Create(opened.Workspace, opened.Graph, Opened.Options(request.Device));
        if (metrics.Count > 0)
            MetricsFormat.Print("table", metrics);
        else
            MessageLines.Message(Importance.High, "dq: nothing is measured yet; the target DqBuild measures");
        return DqCommand.Done;
    }

    private static int Clean(BuildRequest request, CleanScope scope)
    {
        var freed = Cleaning.Run(new Workspace(request.Folder), scope);
        MessageLines.Message(Importance.High, $"dq: removed {Words.Bytes(freed)}");
        return DqCommand.Done;
    }
}
