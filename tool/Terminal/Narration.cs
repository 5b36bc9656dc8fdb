using System.Globalization;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Tool.Terminal;

/// <summary>What happens in a build, in words.</summary>
internal static class Narration
{
    /// <summary>What a worker works on: a model's name, or an evaluation's part on a model.</summary>
    public static string Title(IReadOnlyList<Target> targets) => targets[0] switch
    {
        EvaluationCell { Substitute: { } substitute } cell when targets.Count > 1 => $"{cell.Name}/black-box/{substitute.Name}",
        EvaluationCell { MadeOn: { } trained } cell when targets.Count > 1 => $"{cell.Name}/on/{trained.Name}",
        EvaluationCell cell when targets.Count > 1 => $"{cell.Name}/{cell.Model.Name}",
        var target => Short(target),
    };

    public static string Short(Target target) => target.Id[(target.Id.IndexOf('/', StringComparison.Ordinal) + 1)..];

    public static string Share(ProgressEvent progress) =>
        progress.Steps > 0 ? string.Create(CultureInfo.InvariantCulture, $"{100.0 * progress.Step / progress.Steps,3:0} %  ") : "";

    /// <summary>Epoch, loss, accuracy, speed and time left, as far as they are known.</summary>
    public static string Details(ProgressEvent progress)
    {
        var words = new List<string>(6);
        if (progress.Epochs > 0)
            words.Add($"epoch {progress.Epoch}/{progress.Epochs}");
        else if (progress.Phase.Length > 0)
            words.Add(progress.Phase);
        if (progress.Loss is { } loss)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"loss {loss:0.000}"));
        if (progress.Accuracy is { } accuracy)
            words.Add($"acc {Words.Percent(accuracy)}");
        if (progress.ImagesPerSecond is { } speed)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{speed:0} img/s"));
        if (progress.SecondsLeft is { } left && double.IsFinite(left))
            words.Add($"{Words.Duration(TimeSpan.FromSeconds(Math.Round(left)))} left");
        return string.Join("  ", words);
    }

    /// <summary>How a target ended; null where that is no news.</summary>
    public static string? Ending(TargetResult result, Verbosity verbosity) => result.Outcome switch
    {
        Outcome.UpToDate => verbosity >= Verbosity.Detailed ? $"{Short(result.Target)}: up to date" : null,
        Outcome.Built when verbosity >= Verbosity.Detailed => $"{Short(result.Target)}: built{Because(result)}",
        Outcome.Built => result.Target is EvaluationCell ? null : $"{Short(result.Target)}: built",
        Outcome.FromCache => $"{Short(result.Target)}: from the cache",
        Outcome.FromLock => $"{Short(result.Target)}: same as another target",
        Outcome.Skipped => $"{Short(result.Target)}: skipped{Because(result)}",
        Outcome.Failed => $"{Short(result.Target)}: failed{Because(result)}",
        // What had not begun is no news.
        _ => result.Why is null && verbosity < Verbosity.Detailed ? null : $"{Short(result.Target)}: cancelled{Because(result)}",
    };

    private static string Because(TargetResult result) => result.Why is { Length: > 0 } why ? $" ({why})" : "";
}
