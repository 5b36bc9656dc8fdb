using System.Diagnostics;
using DQPipeline.Evaluation;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Tool.Working;

/// <summary>Passes on what an evaluator reports, a few times a second.</summary>
internal sealed class CellProgress(WorkerChannel channel, string phase) : IProgress<EvaluationProgress>
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _last;

    public void Report(EvaluationProgress value)
    {
        if (_last != 0 && Stopwatch.GetElapsedTime(_last) < TimeSpan.FromMilliseconds(250))
            return;
        _last = Stopwatch.GetTimestamp();
        var seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        channel.Send(new ProgressEvent
        {
            Phase = phase,
            Step = value.Done,
            Steps = value.Total,
            SecondsLeft = value.Done > 0 ? seconds / value.Done * (value.Total - value.Done) : null,
        });
    }
}
