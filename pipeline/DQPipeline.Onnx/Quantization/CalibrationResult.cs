namespace DQPipeline.Onnx.Quantization;

/// <summary>What a network's integer form needs to know beyond its weights.</summary>
/// <param name="Grids">The byte grid of each layer of <see cref="IntegerPlan.Calibrated"/>.</param>
public sealed record CalibrationResult(IReadOnlyDictionary<int, ByteGrid> Grids)
{
    /// <summary>Nothing is known: enough for a network whose every layer has declared levels, whose weights then go to their nearest bytes.</summary>
    public static CalibrationResult None { get; } = new(new Dictionary<int, ByteGrid>());

    /// <summary>The rounded weights of convolutions and of the linear layer, by layer; those of the others go to their nearest.</summary>
    internal IReadOnlyDictionary<int, RoundedLayer> Rounded { get; init; } = new Dictionary<int, RoundedLayer>();
}
