namespace DQPipeline.Evaluation;

/// <summary>How far an attack moved what a layer sees: D = ‖A − A_adv‖₂ / ‖A‖₂ of each image (paper equation 4), over the images.</summary>
/// <param name="Layer">The layer's number among those measured, from 1, in the order in which they run.</param>
/// <param name="Name">The layer's name in the model file.</param>
/// <param name="Bits">Bits of the quantizer before the measurement; null where the activation is not quantized.</param>
/// <param name="Mean">Mean of D over the images; null where no image has one.</param>
/// <param name="Deviation">Standard deviation of D between images (with n − 1); 0 for one image, null for none.</param>
/// <param name="Samples">Images that have a D: those whose clean activation is not zero throughout.</param>
public sealed record LayerDistance(int Layer, string Name, int? Bits, double? Mean, double? Deviation, int Samples)
{
    internal static LayerDistance Of(int layer, string name, int? bits, IReadOnlyCollection<double> distances)
    {
        if (distances.Count == 0)
            return new(layer, name, bits, null, null, 0);
        var mean = distances.Average();
        var squares = distances.Sum(d => (d - mean) * (d - mean));
        return new(layer, name, bits, mean, Math.Sqrt(squares / Math.Max(1, distances.Count - 1)), distances.Count);
    }
}
