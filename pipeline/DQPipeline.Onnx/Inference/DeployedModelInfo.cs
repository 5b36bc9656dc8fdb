namespace DQPipeline.Onnx.Inference;

/// <summary>What a deployed model says about itself.</summary>
/// <param name="Labels">Class names in the order of the logits.</param>
/// <param name="Channels">Channels of an image: 1 for grey, 3 for red, green and blue.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns of an image.</param>
/// <param name="TakesBytes">Whether the input is uint8 pixels; else float32 in [0,1].</param>
/// <param name="IsInteger">Whether it computes in integers; else in float32.</param>
/// <param name="Metadata">All words of the file's metadata: network, activation, defences, training, key.</param>
public sealed record DeployedModelInfo(
    IReadOnlyList<string> Labels, int Channels, int Height, int Width, bool TakesBytes, bool IsInteger, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Numbers of an image, channels × height × width.</summary>
    public int ImageSize => Channels * Height * Width;
}
