using System.Text;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Outputs;

/// <summary>A layer of an account.</summary>
/// <param name="Layer">Its number, from 1, in the order in which an image meets the layers.</param>
/// <param name="Name">Its name in the model file.</param>
/// <param name="Kind">What it is: <c>folded convolution</c>, <c>linear</c> and so on.</param>
/// <param name="Estimate">Its spectral norm as power iteration found it, a lower bound; exact where <paramref name="Iterations"/> is 0; null for a sum.</param>
/// <param name="Iterations">Iterations that this took.</param>
/// <param name="Residual">‖AᵀAv − λv‖/λ at their end.</param>
/// <param name="Bound">What the norm does not exceed; null for a sum.</param>
/// <param name="Path">What the Lipschitz constant from the image up to here does not exceed.</param>
/// <param name="Distance">Of a convolution: mean normalised distance D between what it is given for clean and for adversarial images (equation 4), without quantizers.</param>
/// <param name="Amplification">D at the next convolution, which reads what this one makes, divided by D here; null at the last one of a branch.</param>
/// <param name="QuantizedDistance">D in the model as it is, attacked itself; null where it has no quantizers.</param>
/// <param name="QuantizedAmplification">Its amplification.</param>
public sealed record CertifiedLayer(
    int Layer, string Name, string Kind, double? Estimate, int Iterations, double Residual, double? Bound, double Path,
    double? Distance, double? Amplification, double? QuantizedDistance, double? QuantizedAmplification);

/// <summary>How many images keep their label whatever change of a length is made to them.</summary>
/// <param name="Radius">The L2 length in pixel units of 0–255.</param>
/// <param name="Linf">The largest change of every value at once that has this length: radius/√(C·H·W).</param>
/// <param name="Certified">Images.</param>
/// <param name="Share">Their share of the sample.</param>
public sealed record CertifiedRadius(double Radius, double Linf, int Certified, double Share);

/// <summary>A model's account.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Bits">Bits of its quantizers, which the account leaves out; null where it has none.</param>
/// <param name="Samples">Images.</param>
/// <param name="Correct">Of these, the ones that the model without quantizers labels rightly.</param>
/// <param name="Logits">What the Lipschitz constant of the logits does not exceed, images in [0,1].</param>
/// <param name="Features">The same of the features before the linear layer.</param>
/// <param name="Estimate">The product that <paramref name="Logits"/> would be with estimates in the place of bounds; no bound.</param>
/// <param name="Quotient">What the attack reached: the largest ‖z(x′) − z(x)‖/‖x′ − x‖, which the constant is not below.</param>
/// <param name="Median">The radius that half of the images have or exceed, in pixel units.</param>
/// <param name="Largest">The largest radius.</param>
/// <param name="UniformMedian">The median of the plainer certificate m/(√2·L).</param>
/// <param name="Vacuous">Whether no radius reaches 1, the length of the least change of an image of bytes.</param>
/// <param name="Radii">Shares at the declared radii, at 1, and at √(C·H·W), which one unit in every value has; rising.</param>
/// <param name="Layers">The layers.</param>
public sealed record CertifiedModel(
    string Model, int? Bits, int Samples, int Correct, double Logits, double Features, double Estimate, double Quotient, double Median, double Largest, double UniformMedian, bool Vacuous,
    IReadOnlyList<CertifiedRadius> Radii, IReadOnlyList<CertifiedLayer> Layers);

/// <summary>What <c>certificate.json</c> holds: the options, and the models in their order.</summary>
public sealed record CertificateContent(JsonElement Declaration, IReadOnlyList<CertifiedModel> Models);

/// <summary>The files of a certify target.</summary>
public static class CertificateFile
{
    /// <summary>Writes <c>certificate.json</c>, <c>layers.csv</c> and <c>certificate.csv</c>.</summary>
    /// <exception cref="DqException">DQ6004: a file cannot be written.</exception>
    public static void Write(string folder, string declaration, IReadOnlyList<CertifiedModel> models)
    {
        AtomicFile.Write(Path.Combine(folder, CertifyTarget.JsonFile), FileJson.Write(new CertificateContent(FileJson.Element(declaration), models), FileJson.Context.CertificateContent));
        var layers = new StringBuilder(Csv.Line(
            "model", "layer", "name", "kind", "estimate", "iterations", "residual", "bound", "path", "distance", "amplification", "quantizedDistance", "quantizedAmplification"));
        var radii = new StringBuilder(Csv.Line("model", "radius", "linf", "samples", "correct", "certified", "share"));
        foreach (var model in models)
        {
            foreach (var layer in model.Layers)
            {
                layers.Append(Csv.Line(
                    model.Model, Csv.Number(layer.Layer), layer.Name, layer.Kind, Csv.Number(layer.Estimate), Csv.Number(layer.Iterations), Csv.Number(layer.Residual), Csv.Number(layer.Bound), Csv.Number(layer.Path),
                    Csv.Number(layer.Distance), Csv.Number(layer.Amplification), Csv.Number(layer.QuantizedDistance), Csv.Number(layer.QuantizedAmplification)));
            }

            foreach (var radius in model.Radii)
                radii.Append(Csv.Line(model.Model, Csv.Number(radius.Radius), Csv.Number(radius.Linf), Csv.Number(model.Samples), Csv.Number(model.Correct), Csv.Number(radius.Certified), Csv.Number(radius.Share)));
        }

        AtomicFile.Write(Path.Combine(folder, CertifyTarget.LayersFile), Encoding.UTF8.GetBytes(layers.ToString()));
        AtomicFile.Write(Path.Combine(folder, CertifyTarget.RadiiFile), Encoding.UTF8.GetBytes(radii.ToString()));
    }

    /// <summary>The content of a placed file; null where it is not here or cannot be read.</summary>
    public static CertificateContent? TryRead(string path) => FileJson.TryRead(path, FileJson.Context.CertificateContent);
}
