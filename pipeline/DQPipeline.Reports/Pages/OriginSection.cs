using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using static DQPipeline.Reports.Pages.Html;

namespace DQPipeline.Reports.Pages;

/// <summary>How everything was made: enough to make it again.</summary>
internal static class OriginSection
{
    public static Section Of(ReportContent content)
    {
        var models = content.Results.Targets.Where(target => target.Target is ModelTarget).ToList();
        var methods = content.Results.Targets.Select(target => (target.Target.Kind, Method: Option(target, "method"))).Where(one => one.Method.Length > 0).Distinct().Select(one => one.Method).Distinct();
        var devices = content.Results.Targets.Select(target => Option(target, "device")).Where(device => device.Length > 0).Distinct();
        return new(
            "How it was made", "origin",
            E("p", $"Methods {string.Join(", ", methods)}, on {string.Join(" and ", devices)}, with \"threads\": {content.Results.Targets.Select(target => Option(target, "threads")).FirstOrDefault(threads => threads.Length > 0) ?? "as dq.json says"}. "
                + "A target's key is the SHA-256 of its options, its data, what it reads and the version of the method: the same key makes the same result on the same class of machine."
                + (models.Exists(model => !model.IsAsDeclared) ? " A stale model without options was made of others than dq.json has now; they are listed below the table." : "")
                + (models.Exists(model => model is { Current: false, IsAsDeclared: true }) ? " One with options was made of other data, on another device or by another version of the method, or its data are not here." : "")),
            models.Count == 0 ? null : Table("Models", ["model", "network", "activations", "epochs", "seed", "loss", "accuracy in training", "size", "key"], models.Select(Row)),
            models.Select(model => E("details", E("summary", $"All options of {model.Target.Name}"), E("ul", A("class", "options"), model.Options.Select(option => E("li", E("code", option.Key), $": {Plain(option.Value)}"))))));
    }

    private static IEnumerable<object> Row(RecordedTarget model)
    {
        var declared = ((ModelTarget)model.Target).Trained.Declaration;
        string[] options =
        [
            NetworkNames.Short(declared.Network),
            (declared.Activation.IsQuantized ? $"{declared.Activation.Kind}, {Names.Count(declared.Activation.Bits, "bit")}" : declared.Activation.Kind) + (model.Target is QuantizeTarget ? ", in integers" : ""),
            declared.Epochs.ToString(CultureInfo.InvariantCulture), declared.Seed.ToString(CultureInfo.InvariantCulture),
        ];
        return
        [
            model.Current ? model.Target.Name : new object[] { model.Target.Name, E("span", A("class", "mark unsure"), " stale") },
            .. options.Select(option => model.IsAsDeclared ? option : "–"),
            Number(model, "loss", "0.000"), model.Metrics.TryGetValue("trainAccuracy", out var accuracy) ? Names.Percent(accuracy) : "–",
            string.Create(CultureInfo.InvariantCulture, $"{model.Outputs.Sum(output => output.Size) / 1e6:0.00} MB"), E("code", model.Key[..12]),
        ];
    }

    private static string Number(RecordedTarget model, string name, string format) => model.Metrics.TryGetValue(name, out var value) ? value.ToString(format, CultureInfo.InvariantCulture) : "–";

    private static string Option(RecordedTarget target, string name) => Plain(target.Options.FirstOrDefault(option => option.Key == name).Value ?? "");

    /// <summary>A part of a key, which is JSON text, as people read it.</summary>
    private static string Plain(string json) => json is ['"', .., '"'] ? json[1..^1] : json;
}
