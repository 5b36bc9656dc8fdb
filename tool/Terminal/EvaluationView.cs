using System.Diagnostics;
using System.Globalization;
using DQPipeline.Evaluation;

namespace DQPipeline.Tool.Terminal;

/// <summary>The progress of one measurement: a line redrawn in place on a terminal, a line every ten seconds elsewhere.</summary>
internal sealed class EvaluationView(bool quiet, string what) : IProgress<EvaluationProgress>, IDisposable
{
    private long _last = Stopwatch.GetTimestamp();
    private bool _isDrawn;

    public void Report(EvaluationProgress value)
    {
        var pause = Output.IsLive ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(10);
        if (quiet || Stopwatch.GetElapsedTime(_last) < pause)
            return;
        _last = Stopwatch.GetTimestamp();
        var line = string.Create(CultureInfo.InvariantCulture, $"dq: {what} {100.0 * value.Done / Math.Max(1, value.Total):0} %");
        if (Output.IsLive)
        {
            Console.Error.Write($"\r{line}\e[K");
            _isDrawn = true;
        }
        else
        {
            Output.Line(line);
        }
    }

    public void End()
    {
        if (_isDrawn)
            Console.Error.Write("\r\e[K");
        _isDrawn = false;
    }

    public void Dispose() => End();
}
