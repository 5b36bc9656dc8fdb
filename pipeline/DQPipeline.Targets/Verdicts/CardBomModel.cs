using System.Globalization;
using System.Text.Json;

namespace DQPipeline.Targets.Verdicts;

/// <summary>The part of a bill of materials that CycloneDX itself calls the model card.</summary>
internal static class CardBomModel
{
    public static void Write(Utf8JsonWriter writer, ModelCard card)
    {
        writer.WriteStartObject("modelCard"u8);
        WriteParameters(writer, card);
        WriteMetrics(writer, card);
        WriteConsiderations(writer, card);
        writer.WriteStartArray("properties"u8);
        foreach (var (name, options) in card.Attacks)
            CardBom.Property(writer, $"dq:attack:{name}", options);
        foreach (var gate in card.Gates)
            CardBom.Property(writer, $"dq:gate:{gate.Evaluation}/{gate.Subject}", $"{CardValue.Of(gate.Verdict)}: {gate.Demand} demanded{CardValue.Compared(gate)}");
        writer.WriteEndArray();

        writer.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter writer, ModelCard card)
    {
        writer.WriteStartObject("modelParameters"u8);
        writer.WriteStartObject("approach"u8);
        writer.WriteString("type"u8, "supervised"u8);
        writer.WriteEndObject();
        writer.WriteString("task"u8, "image classification"u8);
        writer.WriteString("architectureFamily"u8, card.Family);
        writer.WriteString("modelArchitecture"u8, card.Training.Network);
        writer.WriteStartArray("datasets"u8);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "dataset"u8);
        writer.WriteString("name"u8, card.Package.Dataset.Name);
        writer.WriteString("description"u8, card.DataUse);
        writer.WriteEndObject();
        writer.WriteEndArray();
        WriteFormat(writer, "inputs", card.Input);
        WriteFormat(writer, "outputs", card.Output);
        writer.WriteEndObject();
    }

    private static void WriteFormat(Utf8JsonWriter writer, string name, string format)
    {
        writer.WriteStartArray(name);
        writer.WriteStartObject();
        writer.WriteString("format"u8, format);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteMetrics(Utf8JsonWriter writer, ModelCard card)
    {
        if (card.Metrics.Count == 0)
            return;
        writer.WriteStartObject("quantitativeAnalysis"u8);
        writer.WriteStartArray("performanceMetrics"u8);
        foreach (var metric in card.Metrics)
        {
            WriteMetric(writer, "accuracy", CardValue.Slice(metric), metric.Accuracy, metric.Low, metric.High);
            if (CardValue.Detection(metric) is var (name, rate))
                WriteMetric(writer, name, CardValue.Slice(metric), rate, metric.DetectionLow!.Value, metric.DetectionHigh!.Value);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Numbers are texts there.</summary>
    private static void WriteMetric(Utf8JsonWriter writer, string type, string slice, double value, double low, double high)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        writer.WriteString("value"u8, Number(value));
        writer.WriteString("slice"u8, slice);
        writer.WriteStartObject("confidenceInterval"u8);
        writer.WriteString("lowerBound"u8, Number(low));
        writer.WriteString("upperBound"u8, Number(high));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteConsiderations(Utf8JsonWriter writer, ModelCard card)
    {
        writer.WriteStartObject("considerations"u8);
        writer.WriteStartArray("technicalLimitations"u8);
        foreach (var limit in CardLimits.Of(card))
            writer.WriteStringValue(limit);
        writer.WriteEndArray();
        if (CardLimits.Tradeoff(card) is { } tradeoff)
        {
            writer.WriteStartArray("performanceTradeoffs"u8);
            writer.WriteStringValue(tradeoff);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
