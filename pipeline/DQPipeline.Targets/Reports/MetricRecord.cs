namespace DQPipeline.Targets.Reports;

/// <summary>One measurement as dq.lock records it.</summary>
/// <param name="Target">The evaluation's name.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Attack">The attack's name, or <c>clean</c>.</param>
/// <param name="Epsilon">ε in pixel units of 0–255; 0 for clean.</param>
/// <param name="BlackBox">Whether the samples were made on another model.</param>
/// <param name="Samples">Images measured.</param>
/// <param name="Correct">Images still classified rightly.</param>
/// <param name="Accuracy"><paramref name="Correct"/> / <paramref name="Samples"/>.</param>
/// <param name="Low">Lower end of the 95 % Wilson interval.</param>
/// <param name="High">Upper end of the 95 % Wilson interval.</param>
/// <param name="Current">Whether it was measured with the inputs as they are declared now; a stale one stands until the next build.</param>
/// <param name="From">The model on which the samples were made, where that is another one; else null.</param>
public sealed record MetricRecord(
    string Target, string Model, string Attack, double Epsilon, bool BlackBox, int Samples, int Correct, double Accuracy, double Low, double High, bool Current,
    string? From = null);
