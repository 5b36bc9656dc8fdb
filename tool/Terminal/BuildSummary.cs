using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Tool.Terminal;

/// <summary>What stands under a build: measurements, gates, and one line of what happened.</summary>
internal static class BuildSummary
{
    public static void PrintUpToDate(int targets, TimeSpan elapsed) => Output.Line($"dq: {UpToDate(targets)} ({Words.Duration(elapsed)})");

    public static void Print(BuildResult result, TimeSpan elapsed, Workspace workspace, IReadOnlyList<Report> reports, Verbosity verbosity = Verbosity.Normal)
    {
        if (verbosity == Verbosity.Quiet)
            return;
        if (verbosity >= Verbosity.Normal)
            PrintFindings(result, workspace, reports);
        var failed = result.Count(Outcome.Failed);
        if (failed > 0)
            PrintLogs(result, workspace);
        Output.Line($"dq: {Sentence(result, failed)} ({Words.Duration(elapsed)})");
    }

    private static void PrintFindings(BuildResult result, Workspace workspace, IReadOnlyList<Report> reports)
    {
        var news = result.Targets.Count - result.Count(Outcome.UpToDate);
        if (news > 0 && result.Metrics.Count > 0)
            MetricsTable.Print(result.Metrics);
        _ = ModelsView.Print(result.Targets.Where(target => target.Outcome is Outcome.Built or Outcome.FromCache or Outcome.FromLock).Select(target => target.Target), workspace);
        foreach (var gate in result.Gates)
        {
            // A failed gate has its coded line already.
            if (gate.Verdict == GateVerdict.Passed && news > 0)
                Output.Line($"gate passed: {gate.Model} {gate.Gate.Attack}{(gate.Gate.BlackBox ? " (B)" : "")}{(gate.Gate.Attack == AttackDeclaration.Clean ? "" : $" at ε = {Words.Epsilon(gate.Gate.Epsilon)}")}: {Words.Percent(gate.Accuracy!.Value)} ({Words.Interval(gate.Interval!.Value.Low, gate.Interval.Value.High)}), {gate.Demand} demanded{string.Concat(gate.Comparisons.Select(comparison => $"; {comparison}"))}");
        }

        foreach (var package in result.Targets.Where(target => target.Outcome is Outcome.Built or Outcome.FromCache).Select(target => target.Target).OfType<PackageTarget>())
            Output.Line($"package: {string.Join(", ", package.Declaration.Formats.Select(format => SourcePlace.Shown(workspace.OutputPath(package.Name, PackageTarget.FileOf(format)))))}");
        foreach (var path in reports.SelectMany(workspace.PathsOf).Where(path => news > 0 && File.Exists(path)))
            Output.Line($"report: {SourcePlace.Shown(path)}");
    }

    /// <summary>The logs of workers that failed, by name; one that never started has none.</summary>
    private static void PrintLogs(BuildResult result, Workspace workspace)
    {
        var logs = result.Targets.Where(target => target.Outcome == Outcome.Failed).Select(target => workspace.LogPath(target.Target.LogName)).Where(File.Exists).Distinct().ToList();
        foreach (var log in logs.Take(5))
            Output.Line($"dq: its log is {SourcePlace.Shown(log)}");
        if (logs.Count is 0 or > 5)
            Output.Line($"dq: the workers' logs are in {SourcePlace.Shown(workspace.LogsFolder)}");
    }

    private static string Sentence(BuildResult result, int failed)
    {
        var upToDate = result.Count(Outcome.UpToDate);
        if (upToDate == result.Targets.Count && result.ExitCode == 0)
            return UpToDate(upToDate);
        var parts = new List<string>();
        void Add(int count, string text)
        {
            if (count > 0)
                parts.Add($"{count} {text}");
        }

        Add(result.Count(Outcome.Built), "built");
        Add(result.Count(Outcome.FromCache), "from the cache");
        Add(result.Count(Outcome.FromLock), "same as another");
        Add(upToDate, "up to date");
        Add(result.Count(Outcome.Skipped), "skipped");
        Add(failed, "failed");
        Add(result.Count(Outcome.Cancelled), "cancelled");
        var gates = result.Gates.Count(gate => gate.Verdict == GateVerdict.Failed);
        if (gates > 0)
            parts.Add(Words.Count(gates, "gate") + " failed");
        return string.Join(", ", parts);
    }

    private static string UpToDate(int targets) => $"{Words.Count(targets, "target")} up to date";
}
