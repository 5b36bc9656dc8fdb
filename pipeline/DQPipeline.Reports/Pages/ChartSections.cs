using System.Xml.Linq;
using DQPipeline.Reports.Drawing;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Outputs;
using static DQPipeline.Reports.Pages.Html;

namespace DQPipeline.Reports.Pages;

/// <summary>The sections of charts, each only where there is something to draw. What was measured of other options than are declared is not drawn, as charts place it by those.</summary>
internal static class ChartSections
{
    public static IEnumerable<Section> Of(ReportContent content)
    {
        var current = content.Results.Targets.Where(target => target.IsAsDeclared).ToList();
        var measured = content.Results.Targets.Where(target => target.Target is EvaluationCell).GroupBy(target => (target.Target.Name, ((EvaluationCell)target.Target).Model.Name))
            .Where(cells => cells.All(cell => cell.IsAsDeclared)).Select(cells => cells.Key).ToHashSet();
        var evaluations = content.Results.Metrics.Where(metric => metric.Current || measured.Contains((metric.Target, metric.Model))).GroupBy(metric => metric.Target).Select(evaluation => evaluation.ToList()).ToList();
        var trained = current.Select(target => target.Target).OfType<TrainTarget>().ToDictionary(target => target.Name, target => target.Declaration);
        Section?[] sections =
        [
            Charted("Accuracy against strength", "strength", "How accuracy falls as attacks may change more; bars are 95 % intervals, and ε = 0 are clean images.", evaluations.SelectMany(Charts.ByStrength)),
            Charted(
                "Accuracy against bits", "bits", "Models that differ in nothing but the bits of their activations, and in whether weights are rounded where that follows from them (figure 1 of the paper). A quantizer of few bits amplifies what an attack adds unless the network is kept from expanding it.",
                evaluations.SelectMany(evaluation => Charts.ByOption(evaluation, trained, StudiedOption.Bits))),
            Charted(
                "Accuracy against the penalty", "penalty", "Models that differ in nothing but β, the weight of the Lipschitz penalty, and in weight decay and residual sums where they follow from it (figure 6).",
                evaluations.SelectMany(evaluation => Charts.ByOption(evaluation, trained, StudiedOption.Beta))),
            Charted(
                "White box and black box", "boxes", "The same attack made on the model itself and on one that was trained apart (figure 5). Where the other model's images break more, the model's own gradient misleads.",
                evaluations.SelectMany(Charts.ByBox)),
            Charted(
                "How attacks grow inside the network", "distance", "‖A − A′‖₂ / ‖A‖₂ between activations of clean and adversarial images (equation 4, figures 3a and 3b): what grows from layer to layer is amplified.",
                content.Distances.Select(distance => Charts.OfDistance(distance.Target.Name, distance.Target, distance.Content))),
            content.Certificates.Count == 0 ? null : Charted(
                "What is certain", "certificates", "Images whose label no change of a length can take, whatever the attack; the bound is sound and mostly far below what attacks reach.",
                content.Certificates.Select(certificate => Charts.OfCertificate(certificate.Target.Name, certificate.Content)), content.Certificates.Select(certificate => Certificates(certificate.Target.Name, certificate.Content))),
            Charted("Training", "training", "What each epoch came to, on training images as they were augmented and, where the training is adversarial, attacked.", Charts.OfTraining(current)),
        ];
        return sections.OfType<Section>();
    }

    private static Section? Charted(string title, string id, string text, IEnumerable<Chart> charts, IEnumerable<XElement>? more = null)
    {
        var drawn = charts.Where(chart => chart.Series.Any(series => series.Points.Count > 0)).ToList();
        return drawn.Count == 0 ? null : new(title, id, E("p", text), E("div", A("class", "charts"), drawn.Select(ChartFigure.Of)), more);
    }

    private static XElement Certificates(string name, CertificateContent content) => Table(
        $"{name}: Lipschitz constants", ["model", "bound of the logits' constant", "reached by an attack", "median radius", "says something"],
        content.Models.Select(model => (IEnumerable<object>)
            [model.Model, model.Logits.ToString("0.###e+0", System.Globalization.CultureInfo.InvariantCulture), model.Quotient.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture), model.Median.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture), model.Vacuous ? "no: no radius reaches 1" : "yes"]),
        "numbers");
}
