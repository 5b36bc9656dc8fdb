using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using DQPipeline.Declarations;
using DQPipeline.Reports;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Tool.Terminal;

/// <summary>What commands print for programs.</summary>
internal static class ToolJson
{
    private static readonly ToolJsonContext Context = new(new JsonSerializerOptions
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Build(BuildResult result) => JsonSerializer.Serialize(
        new BuildJson(
            result.ExitCode,
            [.. result.Targets.Select(target => new TargetJson(target.Target.Id, Camel(target.Outcome.ToString()), target.Why))],
            result.Metrics,
            [.. result.Gates.Select(GateJson.Of)],
            [.. result.Diagnostics.Select(DiagnosticJson.Of)]),
        Context.BuildJson);

    public static string Status(IEnumerable<TargetStatus> targets) => JsonSerializer.Serialize(
        [.. targets.Select(target => new StatusJson(target.Target.Id, target.Target.Kind, Camel(target.State.ToString()), target.Reasons))], Context.ListStatusJson);

    public static string Metrics(IReadOnlyList<MetricRecord> metrics) => JsonSerializer.Serialize(metrics, Context.IReadOnlyListMetricRecord);

    /// <summary>A report: what stands on its page, but for what the files of distances, certificates and samples hold already.</summary>
    public static string Report(ReportContent content) => JsonSerializer.Serialize(
        new ReportJson(
            content.Title,
            content.Tool,
            content.Results.Metrics,
            [.. content.Results.Gates.Select(GateJson.Of)],
            [.. content.Results.Findings.Select(DiagnosticJson.Of)],
            content.Since is { } since ? RevisionJson.Of(since) : null,
            [.. content.Results.Targets.Select(target => new RecordJson(target.Target.Id, target.Target.Kind, target.Current, target.Key, target.Metrics, [.. target.Outputs]))]),
        Context.ReportJson);

    public static string Since(RevisionReport since) => JsonSerializer.Serialize(RevisionJson.Of(since), Context.RevisionJson);

    public static string Predictions(IReadOnlyList<Prediction> predictions) => JsonSerializer.Serialize(predictions, Context.IReadOnlyListPrediction);

    public static string Speeds(IReadOnlyList<ModelSpeed> speeds) => JsonSerializer.Serialize(speeds, Context.IReadOnlyListModelSpeed);

    public static string Cache(IReadOnlyList<Targets.CachedResult> results, long bytes) =>
        JsonSerializer.Serialize(new CacheJson(bytes, [.. results.Select(result => new CachedJson(result.Key, result.Targets, result.Outputs, result.Written))]), Context.CacheJson);

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    internal sealed record CacheJson(long Bytes, IReadOnlyList<CachedJson> Results);

    internal sealed record CachedJson(string Key, IReadOnlyList<string> Targets, IReadOnlyList<TargetOutput> Outputs, DateTimeOffset Written);

    internal sealed record TargetJson(string Target, string Outcome, string? Why);

    internal sealed record StatusJson(string Target, string Kind, string State, IReadOnlyList<string> Reasons);

    internal sealed record GateJson(
        string Evaluation, string Model, string Attack, double Epsilon, bool BlackBox, double? AtLeast, string? NotWorseThan, bool Trusted, bool Certain, string Verdict, double? Accuracy, double? Low, double? High,
        IReadOnlyList<ComparisonJson> Comparisons)
    {
        public static GateJson Of(GateResult gate) => new(
            gate.Evaluation, gate.Model, gate.Gate.Attack, gate.Gate.Epsilon, gate.Gate.BlackBox, gate.Gate.AtLeast, gate.Gate.NotWorseThan is { Length: > 0 } other ? other : null, gate.Gate.Trusted,
            gate.Gate.Certain, Camel(gate.Verdict.ToString()), gate.Accuracy, gate.Interval?.Low, gate.Interval?.High, [.. gate.Comparisons.Select(ComparisonJson.Of)]);
    }

    internal sealed record ComparisonJson(string Model, double Accuracy, double Difference, double Low, double High, double PValue)
    {
        public static ComparisonJson Of(GateComparison comparison)
        {
            var (low, high) = comparison.Pairs.Interval;
            return new(comparison.Model, comparison.Accuracy, comparison.Pairs.Difference, low, high, comparison.Pairs.PValue);
        }
    }

    internal sealed record DiagnosticJson(string Code, string Severity, string Message, string? File, int? Line, int? Column)
    {
        public static DiagnosticJson Of(Diagnostic diagnostic) => new(
            diagnostic.Code, Camel(diagnostic.Severity.ToString()), diagnostic.Message, diagnostic.Place?.File, diagnostic.Place?.Line, diagnostic.Place?.Column);
    }

    internal sealed record ReportJson(
        string Title, string Tool, IReadOnlyList<MetricRecord> Metrics, IReadOnlyList<GateJson> Gates, IReadOnlyList<DiagnosticJson> Findings, RevisionJson? Since, IReadOnlyList<RecordJson> Targets);

    internal sealed record RecordJson(string Target, string Kind, bool Current, string Key, IReadOnlyDictionary<string, double> Metrics, IReadOnlyList<TargetOutput> Outputs);

    internal sealed record RevisionJson(string Revision, string Commit, IReadOnlyList<DifferenceJson> Differences)
    {
        public static RevisionJson Of(RevisionReport since) => new(since.Revision, since.Commit, [.. since.Differences.Select(DifferenceJson.Of)]);
    }

    internal sealed record DifferenceJson(
        string Target, string Model, string Attack, double Epsilon, bool BlackBox, string Change, double? Before, double? After, double? Difference, double? Low, double? High, bool Paired)
    {
        public static DifferenceJson Of(MetricDifference difference) => new(
            difference.Metric.Target, difference.Metric.Model, difference.Metric.Attack, difference.Metric.Epsilon, difference.Metric.BlackBox, Camel(difference.Change.ToString()),
            difference.Before?.Accuracy, difference.After?.Accuracy, difference.Difference, difference.Interval?.Low, difference.Interval?.High, difference.IsPaired);
    }

    internal sealed record BuildJson(
        int ExitCode, IReadOnlyList<TargetJson> Targets, IReadOnlyList<MetricRecord> Metrics, IReadOnlyList<GateJson> Gates, IReadOnlyList<DiagnosticJson> Diagnostics);
}

[JsonSerializable(typeof(ToolJson.BuildJson))]
[JsonSerializable(typeof(ToolJson.CacheJson))]
[JsonSerializable(typeof(ToolJson.ReportJson))]
[JsonSerializable(typeof(ToolJson.RevisionJson))]
[JsonSerializable(typeof(List<ToolJson.StatusJson>))]
[JsonSerializable(typeof(IReadOnlyList<MetricRecord>))]
[JsonSerializable(typeof(IReadOnlyList<Prediction>))]
[JsonSerializable(typeof(IReadOnlyList<ModelSpeed>))]
internal sealed partial class ToolJsonContext : JsonSerializerContext;
