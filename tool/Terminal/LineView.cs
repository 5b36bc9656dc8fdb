using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Tool.Terminal;

/// <summary>For logs and pipes: a line when a worker starts, a line now and then while it runs, a line when it ends.</summary>
internal sealed class LineView(TimeProvider time, Verbosity verbosity, Workspace workspace) : BuildView, IBuildObserver
{
    /// <summary>The first line of a worker's progress comes after this; each further one after twice the time, so that a training of days fills no log.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10);

    /// <summary>A worker that says nothing for longer than this looks dead.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    private readonly Dictionary<IReadOnlyList<Target>, (long At, TimeSpan Pause)> _lastLine = [];

    public override IBuildObserver Observer => this;

    public override Task<BuildResult> ShowAsync(Func<Task<BuildResult>> build) => build();

    public void Waiting(string holder) => Output.Line($"dq: waiting for another build in this folder ({holder})");

    public void Started(IReadOnlyList<Target> targets)
    {
        _lastLine[targets] = (time.GetTimestamp(), s_pause);
        // A training takes long enough to be announced; what is done in a moment is told of when it is done, and what is not by its progress.
        if (verbosity >= Verbosity.Detailed || targets[0] is TrainTarget)
            Output.Line($"{Narration.Title(targets)}: started");
    }

    public void Progress(IReadOnlyList<Target> targets, ProgressEvent progress)
    {
        var pause = s_pause;
        if (verbosity < Verbosity.Diagnostic && _lastLine.TryGetValue(targets, out var last))
        {
            if (time.GetElapsedTime(last.At) < last.Pause)
                return;
            pause = last.Pause * 2 < s_longest ? last.Pause * 2 : s_longest;
        }

        _lastLine[targets] = (time.GetTimestamp(), pause);
        Output.Line($"{Narration.Title(targets)}: {Narration.Share(progress)}{Narration.Details(progress)}");
    }

    public void Resumed(IReadOnlyList<Target> targets, long step) => Output.Line($"{Narration.Title(targets)}: resumed at step {step}");

    public void Message(IReadOnlyList<Target> targets, string text) => Output.Line($"{Narration.Title(targets)}: {text}");

    public void Finished(TargetResult result)
    {
        if (Narration.Ending(result, verbosity) is { } ending)
            Output.Line(ending);
        if (verbosity == Verbosity.Diagnostic && result.Outcome is Outcome.Built or Outcome.Failed)
            Output.Line($"{Narration.Short(result.Target)}: logs in {SourcePlace.Shown(workspace.LogsFolder)}");
    }

    public void Report(Diagnostic diagnostic) => Output.Diagnostic(diagnostic);
}
