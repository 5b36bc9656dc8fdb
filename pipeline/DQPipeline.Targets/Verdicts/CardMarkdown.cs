using System.Globalization;
using System.Text;
using DQPipeline.Targets.Gates;

namespace DQPipeline.Targets.Verdicts;

/// <summary>A model card for people.</summary>
internal static class CardMarkdown
{
    public static byte[] Write(ModelCard card)
    {
        var text = new StringBuilder();
        Line(text, $"# {Plain(card.Package.Name)}");
        Line(text, "");
        Line(text, "Written by `dq build` from what dq.json declares and dq.lock records.");
        WriteModel(text, card);
        WriteRobustness(text, card);
        WriteGates(text, card);
        Section(text, "Limitations");
        foreach (var limit in CardLimits.Of(card))
            Line(text, $"- {Plain(limit)}");
        if (CardLimits.Tradeoff(card) is { } tradeoff)
            Line(text, $"- {Plain(tradeoff)}");
        Table(text, "Files", "file", "bytes", "SHA-256");
        foreach (var file in card.Files.Outputs)
            Row(text, file.Name, Number(file.Size), file.Sha256);
        Table(text, "Training", "option", "value");
        foreach (var (name, value) in card.Trained.Parts)
            Row(text, name, CardValue.Of(value));
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void WriteModel(StringBuilder text, ModelCard card)
    {
        Table(text, "Model", "", "");
        Row(text, "task", "image classification");
        Row(text, "network", $"{card.Training.Network} ({card.Family})");
        Row(text, "model", card.Origin);
        Row(text, "input", card.Input);
        Row(text, "output", card.Output);
        Row(text, "data", $"{card.Package.Dataset.Name}: {card.DataUse}");
        Row(text, "key", card.Files.Key);
    }

    private static void WriteRobustness(StringBuilder text, ModelCard card)
    {
        if (card.Metrics.Count == 0)
            return;
        Table(text, "Accuracy", "images", "measured", "accuracy", "95 % interval");
        foreach (var metric in card.Metrics)
        {
            Row(text, CardValue.Slice(metric), Number(metric.Samples), GateText.Percent(metric.Accuracy), $"{GateText.Percent(metric.Low)} to {GateText.Percent(metric.High)}");
        }

        if (card.Attacks.Count > 0)
            Table(text, "Attacks", "attack", "options");
        foreach (var (name, options) in card.Attacks)
            Row(text, name, options);
        var detected = card.Metrics.Where(metric => CardValue.Detection(metric) is not null).ToList();
        if (detected.Count == 0)
            return;
        Table(text, "Detection of adversarial images", "images", "rate", "share", "95 % interval");
        foreach (var metric in detected)
        {
            var (name, rate) = CardValue.Detection(metric)!.Value;
            Row(text, CardValue.Slice(metric), name, GateText.Percent(rate), $"{GateText.Percent(metric.DetectionLow!.Value)} to {GateText.Percent(metric.DetectionHigh!.Value)}");
        }
    }

    private static void WriteGates(StringBuilder text, ModelCard card)
    {
        if (card.Gates.Count == 0)
            return;
        Table(text, "Gates", "gate", "demanded", "verdict");
        foreach (var gate in card.Gates)
            Row(text, $"{gate.Evaluation}/{gate.Subject}", gate.Demand, CardValue.Of(gate.Verdict) + CardValue.Compared(gate));
    }

    private static void Section(StringBuilder text, string title)
    {
        Line(text, "");
        Line(text, $"## {title}");
        Line(text, "");
    }

    private static void Table(StringBuilder text, string title, params string[] columns)
    {
        Section(text, title);
        Row(text, columns);
        Row(text, [.. columns.Select(_ => "---")]);
    }

    private static void Row(StringBuilder text, params string[] cells) => Line(text, $"| {string.Join(" | ", cells.Select(Plain))} |");

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A text that Markdown shows as it is; the names of classes are those of anybody's folders.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#')
                _ = plain.Append('\\');
            _ = plain.Append(char.IsControl(c) ? ' ' : c);
        }

        return plain.ToString();
    }
}
