using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Tool.Terminal;

/// <summary>For logs and pipes: a line when a worker starts, a line now and then while it runs, a line when it ends.</summary>
internal sealed class LineView(TimeProvider time) : BuildView, IBuildObserver
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private readonly Dictionary<IReadOnlyList<Target>, long> _lastLine = [];

    public override IBuildObserver Observer => this;

    public override Task<BuildResult> ShowAsync(Func<Task<BuildResult>> build) => build();

    public void Waiting(string holder) => Output.Line($"dq: waiting for another build in this folder ({holder})");

    public void Started(IReadOnlyList<Target> targets)
    {
        _lastLine[targets] = time.GetTimestamp();
        Output.Line($"{Narration.Title(targets)}: started");
    }

    public void Progress(IReadOnlyList<Target> targets, ProgressEvent progress)
    {
        if (_lastLine.TryGetValue(targets, out var last) && time.GetElapsedTime(last) < Pause)
            return;
        _lastLine[targets] = time.GetTimestamp();
        Output.Line($"{Narration.Title(targets)}: {Narration.Share(progress)}{Narration.Details(progress)}");
    }

    public void Resumed(IReadOnlyList<Target> targets, long step) => Output.Line($"{Narration.Title(targets)}: resumed at step {step}");

    public void Message(IReadOnlyList<Target> targets, string text) => Output.Line($"{Narration.Title(targets)}: {text}");

    public void Finished(TargetResult result)
    {
        if (Narration.Ending(result) is { } ending)
            Output.Line(ending);
    }

    public void Report(Diagnostic diagnostic) => Output.Diagnostic(diagnostic);
}
