using System.Text;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Outputs;

/// <summary>A point of figure 3.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Layer">The layer's number, from 1, in the order in which layers run.</param>
/// <param name="Name">The layer's name in the model file.</param>
/// <param name="Epsilon">ε in pixel units.</param>
/// <param name="Bits">Bits of the activation's quantizer; null where it is not quantized.</param>
/// <param name="Mean">Mean of ‖A − A_adv‖₂ / ‖A‖₂ over the images; null where no image has one.</param>
/// <param name="Deviation">Standard deviation between the images.</param>
/// <param name="Samples">Images in the mean.</param>
public sealed record DistancePoint(string Model, int Layer, string Name, double Epsilon, int? Bits, double? Mean, double? Deviation, int Samples);

/// <summary>What <c>distance.json</c> holds: the options that it was measured with, and the points.</summary>
public sealed record DistanceContent(JsonElement Declaration, IReadOnlyList<DistancePoint> Points);

/// <summary>The files of a distance target.</summary>
public static class DistanceFile
{
    /// <summary>Writes <c>distance.json</c> and <c>distance.csv</c>.</summary>
    /// <exception cref="DqException">DQ6004: a file cannot be written.</exception>
    public static void Write(string folder, string declaration, IReadOnlyList<DistancePoint> points)
    {
        AtomicFile.Write(Path.Combine(folder, DistanceTarget.JsonFile), FileJson.Write(new DistanceContent(FileJson.Element(declaration), points), FileJson.Context.DistanceContent));
        var csv = new StringBuilder(Csv.Line("model", "layer", "name", "epsilon", "bits", "mean", "deviation", "samples"));
        foreach (var point in points)
        {
            csv.Append(Csv.Line(
                point.Model, Csv.Number(point.Layer), point.Name, Csv.Number(point.Epsilon), Csv.Number(point.Bits), Csv.Number(point.Mean), Csv.Number(point.Deviation), Csv.Number(point.Samples)));
        }

        AtomicFile.Write(Path.Combine(folder, DistanceTarget.CsvFile), Encoding.UTF8.GetBytes(csv.ToString()));
    }

    /// <summary>The points of a placed file; null where it is not here or cannot be read.</summary>
    public static DistanceContent? TryRead(string path) => FileJson.TryRead(path, FileJson.Context.DistanceContent);
}
