using System.Globalization;
using System.Xml.Linq;
using DQPipeline.Targets.Outputs;
using static DQPipeline.Reports.Pages.Html;

namespace DQPipeline.Reports.Pages;

/// <summary>Sample images, clean and adversarial, with what was changed and what each model says (figure 7).</summary>
internal static class SamplesSection
{
    /// <summary>Bytes of pictures, as they stand in the page, from where on no further image is shown: the whole page is to stay a file that can be mailed.</summary>
    private const int Budget = 3_000_000;

    public static Section Of(SampleImages samples)
    {
        var declared = samples.Target.Declaration;
        var (rows, left) = (new List<IEnumerable<object>>(), Budget);
        for (var i = 0; i < samples.Content.Samples.Count && left > 0; i++)
            rows.Add([.. Row(samples, i, declared.Epsilon, ref left)]);
        var models = samples.Content.Samples.Count > 0 ? samples.Content.Samples[0].Predictions.Select(prediction => prediction.Model) : [];
        return new(
            $"Samples: {samples.Target.Name}", $"samples-{samples.Target.Name}",
            E("p", $"Test images and what {declared.Attack.Kind} at ε = {declared.Epsilon.ToString("0.###", CultureInfo.InvariantCulture)} made of them on each model itself: the adversarial image, and beside it the change, enlarged so that ε is from black to white. "
                + "Below, the model's label and its probability, clean and attacked."
                + (rows.Count < samples.Content.Samples.Count ? $" {rows.Count} of {samples.Content.Samples.Count} are shown." : "")),
            Table($"Samples: {samples.Target.Name}", ["image", .. models], rows, "samples"));
    }

    private static List<object> Row(SampleImages samples, int index, double epsilon, ref int left)
    {
        var sample = samples.Content.Samples[index];
        var cells = new List<object> { E("th", A("scope", "row"), Image(samples, ImageFile.Of(samples.Clean[index], samples.Shape), $"clean image of {sample.Label}", ref left), sample.Label) };
        for (var model = 0; model < sample.Predictions.Count; model++)
        {
            var (adversarial, prediction) = (samples.Adversarial[model][index], sample.Predictions[model]);
            var change = ImageFile.OfChange(samples.Clean[index], adversarial, samples.Shape, epsilon);
            cells.Add(E(
                "td",
                E("span", A("class", "pair"),
                    Image(samples, ImageFile.Of(adversarial, samples.Shape), $"the same attacked on {prediction.Model}", ref left), Image(samples, change, $"what was changed for {prediction.Model}", ref left)),
                Answer(prediction.Clean, sample.Label), " → ", Answer(prediction.Adversarial, sample.Label)));
        }

        return cells;
    }

    private static XElement Image(SampleImages samples, byte[] png, string text, ref int left)
    {
        var data = Convert.ToBase64String(png);
        left -= data.Length;
        return E("img", A("src", $"data:image/png;base64,{data}"), A("alt", text), A("width", Number(samples.Shape.Width)), A("height", Number(samples.Shape.Height)));
    }

    private static XElement Answer(SampleAnswer answer, string label) => E(
        "span", A("class", answer.Label == label ? "mark good" : "mark bad"), string.Create(CultureInfo.InvariantCulture, $"{answer.Label} {answer.Probability:0.00} {(answer.Label == label ? '✓' : '✗')}"));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
