using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;

namespace DQPipeline.Tool.Terminal;

/// <summary>What stands under a build: measurements, gates, and one line of what happened.</summary>
internal static class BuildSummary
{
    public static void PrintUpToDate(int targets, TimeSpan elapsed) => Output.Line($"dq: {UpToDate(targets)} ({Words.Duration(elapsed)})");

    public static void Print(BuildResult result, TimeSpan elapsed, Workspace workspace)
    {
        var news = result.Targets.Count - result.Count(Outcome.UpToDate);
        if (news > 0 && result.Metrics.Count > 0)
            MetricsTable.Print(result.Metrics);
        _ = ModelsView.Print(result.Targets.Where(target => target.Outcome is Outcome.Built or Outcome.FromCache or Outcome.FromLock).Select(target => target.Target), workspace);
        foreach (var gate in result.Gates)
        {
            // A failed gate has its coded line already.
            if (gate.Verdict == GateVerdict.Passed && news > 0)
                Output.Line($"gate passed: {gate.Model} {gate.Gate.Attack}{(gate.Gate.BlackBox ? " (B)" : "")} at ε = {Words.Epsilon(gate.Gate.Epsilon)}: {Words.Percent(gate.Accuracy!.Value)} ({Words.Interval(gate.Interval!.Value.Low, gate.Interval.Value.High)}), {gate.Demand} demanded{string.Concat(gate.Comparisons.Select(comparison => $"; {comparison}"))}");
        }

        var failed = result.Count(Outcome.Failed);
        if (failed > 0)
            Output.Line($"dq: the workers' logs are in {Path.GetRelativePath(Environment.CurrentDirectory, workspace.LogsFolder)}");
        Output.Line($"dq: {Sentence(result, failed)} ({Words.Duration(elapsed)})");
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
