using System.Globalization;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Verdicts;
using DQPipeline.Tool.Commands;

namespace DQPipeline.Tool.Terminal;

/// <summary>A code or a target in words, for `dq explain`.</summary>
internal static class Explanation
{
    /// <summary>Targets that are named one by one; more are counted.</summary>
    private const int Named = 8;

    /// <summary>What a code means, and how it is mended.</summary>
    public static string Of(DiagnosticRule rule) => $"{rule.Code} ({rule.Name})\n  what   {rule.Meaning}\n  mend   {rule.Mend}";

    /// <summary>How a target stands.</summary>
    /// <param name="explained">What is known of it.</param>
    /// <param name="workspace">Where its outputs lie.</param>
    /// <param name="isWhole">Whether all parts of its key are listed too.</param>
    public static string Of(TargetExplanation explained, Workspace workspace, bool isWhole)
    {
        var target = explained.Status.Target;
        var text = new StringBuilder($"{target.Id}, declared at {target.Place}");
        Line(text, "state", StatusCommand.State(explained.Status));
        Line(text, "reads", string.Join(", ", target.Requires.Select(required => required.Id).Prepend($"data set {target.Dataset.Name} ({target.Dataset.Kind})")));
        if (explained.Outputs.Count > 0)
            Line(text, "makes", string.Join(", ", explained.Outputs.Select(output => string.Create(CultureInfo.InvariantCulture, $"{SourcePlace.Shown(workspace.OutputPath(target.Name, output.Name))} ({output.Size:N0} bytes)"))));
        else if (target.Outputs.Count > 0)
            Line(text, "makes", string.Join(", ", target.Outputs.Select(output => SourcePlace.Shown(workspace.OutputPath(target.Name, output)))));
        Line(text, "feeds", explained.Feeds.Count == 0 ? "nothing" : Some(explained.Feeds));
        if (!isWhole)
            return text.ToString();
        Line(text, "key", explained.Key ?? "not known before what it reads is built");
        foreach (var (name, value) in explained.Parts)
            text.Append($"\n    {name} = {value}");
        return text.ToString();
    }

    private static string Some(IReadOnlyList<Target> targets) =>
        string.Join(", ", targets.Take(Named).Select(target => target.Id)) + (targets.Count > Named ? $" and {targets.Count - Named} more" : "");

    private static void Line(StringBuilder text, string name, string value) => text.Append($"\n  {name,-6} {value}");
}
