using System.CommandLine;
using System.Diagnostics;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Verdicts;
using DQPipeline.Targets.Workers;
using DQPipeline.Targets.Workers.Slurm;
using DQPipeline.Tool.MSBuild;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class BuildCommand
{
    private const string Local = "local";
    private const string Slurm = "slurm";
    /// <summary>The most workers at once that can be asked for.</summary>
    public const int MostJobs = 1024;

    public static Command Create()
    {
        var words = new Argument<string[]>("DIR TARGET")
        {
            Description = "The folder with the dq.json (default: this one), then the targets: a model, a matrix, an evaluation, or a part of one (robustness/dq/pgd@8). None is everything. The files of a named one are brought here, even where its result is recorded already.",
            Arity = ArgumentArity.ZeroOrMore,
        }.OfTargets();
        var json = CommonOptions.Json();
        var force = new Option<bool>("--force") { Description = "Run the named targets even where they are up to date." };
        var locked = new Option<bool>("--locked") { Description = "Never rewrite dq.lock; fail where it would be." };
        var noWait = new Option<bool>("--no-wait") { Description = "Fail where another build works in the folder, in the place of waiting for it." };
        var jobs = new Option<int?>("--jobs", "-j") { Description = "Workers at once; changes no result. Default: as many as the processors hold with dq.json's \"threads\" each; on a cluster, all that are ready.", HelpName = "N" };
        var executor = new Option<string>("--executor") { Description = "Where workers run: local, or slurm, on a cluster.", DefaultValueFactory = _ => Local };
        executor.AcceptOnlyFromAmong(Local, Slurm);
        var device = CommonOptions.Device();
        var set = CommonOptions.Set();
        var sarif = new Option<string?>("--sarif") { Description = "Write the findings and gates as SARIF 2.1.0, for code scanning.", HelpName = "FILE" };
        var junit = new Option<string?>("--junit") { Description = "Write the gates and targets as JUnit XML, for CI.", HelpName = "FILE" };
        var verbosity = CommonOptions.Verbosity();
        var quiet = CommonOptions.Quiet();
        jobs.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var value) || value is < 1 or > MostJobs))
                result.AddError($"--jobs should be from 1 to {MostJobs}");
        });
        var command = new Command("build", """
            Bring targets up to date: train, attack, hold against the gates. Only what changed runs.

            Examples:
              dq build                                     everything in this folder
              dq build examples/quickstart                 everything in another
              dq build . robustness                        one evaluation and what it needs
              dq build --set train.dq.lipschitz.beta=2e-3  with another value

            Exit codes: 0 done, 1 a target failed, 2 bad usage or dq.json, 3 a gate failed, 130 cancelled.
            """) { words, json, force, locked, noWait, jobs, executor, device, set, sarif, junit, verbosity, quiet };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (folder, targets) = Opened.Split(parsed.GetValue(words)!);
            var files = new VerdictFiles(parsed.GetValue(sarif), parsed.GetValue(junit), ToolVersion.Text);
            var result = await Verdict.WriteAsync(files, folder, async () =>
            {
                var opened = Opened.At(folder, parsed.GetValue(set)!);
                var onSlurm = parsed.GetValue(executor) == Slurm;
                var options = Opened.Options(parsed.GetValue(device)!) with
                {
                    Select = targets,
                    Force = parsed.GetValue(force),
                    Locked = parsed.GetValue(locked),
                    NoWait = parsed.GetValue(noWait),
                    AsDeclared = parsed.GetValue(set)!.Length == 0 && !opened.Pipeline.UsesEnvironment ? opened.Read : null,
                    Jobs = parsed.GetValue(jobs) ?? (onSlurm ? MostJobs : Jobs(opened)),
                };
                var level = parsed.GetValue(quiet) ? Verbosity.Quiet : CommonOptions.LevelOf(parsed.GetValue(verbosity)!);
                return onSlurm
                    ? await RunOnSlurmAsync(opened, options, new(targets, parsed.GetValue(set)!, parsed.GetValue(device)!, options.Jobs, options.Locked, options.Force), level, cancellation)
                    : await RunAsync(opened, options, level, cancellation);
            }, Tell);
            Tell(result);
            return result.ExitCode;

            void Tell(BuildResult told)
            {
                if (parsed.GetValue(json))
                    Output.Data(ToolJson.Build(told));
            }
        });
        return command;
    }

    /// <summary>Workers at once unless told: as many as the processors hold.</summary>
    public static int Jobs(Opened opened) => Math.Max(1, Environment.ProcessorCount / opened.Pipeline.Threads);

    /// <summary>Builds, shows how it goes, and tells how it ended.</summary>
    public static Task<BuildResult> RunAsync(Opened opened, BuildOptions options, Verbosity level, CancellationToken cancellation) =>
        RunAsync(opened, Opened.Executor(opened.Workspace), options, level, cancellation);

    /// <summary>The same on a cluster; how it was asked for stays noted until it ends, for whoever goes on with it.</summary>
    public static async Task<BuildResult> RunOnSlurmAsync(Opened opened, BuildOptions options, SlurmBuild asked, Verbosity level, CancellationToken cancellation)
    {
        using var executor = Opened.Slurm(opened.Workspace, opened.Pipeline, asked);
        var built = await RunAsync(opened, Backend.Before(executor, opened.Workspace), options, level, cancellation);
        SlurmBuild.ForgetIfDone(opened.Workspace);
        return built;
    }

    private static async Task<BuildResult> RunAsync(Opened opened, IExecutor executor, BuildOptions options, Verbosity level, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var view = BuildView.Choose(level, opened.Workspace);
        // Who names a target wants its files; a report is about targets whose records will do.
        var named = options.Select.Where(name => !opened.Graph.Reports.Any(report => report.Matches(name)));
        var builder = new Builder(opened.Workspace, opened.Graph, executor, options with { Fetch = [.. named] }, view.Observer);
        var built = ReportFiles.Update(opened, options, await view.ShowAsync(() => builder.RunAsync(cancellation)), cancellation);
        BuildSummary.Print(built, clock.Elapsed, opened.Workspace, opened.Graph.Reports, level);
        return built;
    }
}
