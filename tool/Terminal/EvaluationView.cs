using System.Globalization;
using DQPipeline.Evaluation;

namespace DQPipeline.Tool.Terminal;

/// <summary>The progress of one measurement.</summary>
internal sealed class EvaluationView(bool quiet, string what) : IProgress<EvaluationProgress>
{
    private readonly StatusLine _line = new(quiet);

    public void Report(EvaluationProgress value) =>
        _line.Show(string.Create(CultureInfo.InvariantCulture, $"dq: {what} {100.0 * value.Done / Math.Max(1, value.Total):0} %"));

    public void End() => _line.Clear();
}
