namespace DQPipeline.Data;

/// <summary>A labelled set of images of one size, as bytes.</summary>
/// <param name="Labels">Class names in the order of their numbers, at least two.</param>
/// <param name="Channels">3 for RGB, 1 for grey.</param>
/// <param name="Height">Rows of pixels.</param>
/// <param name="Width">Columns of pixels.</param>
/// <param name="MayFlip">Whether a mirrored image is still of its class.</param>
/// <param name="Train">The training split.</param>
/// <param name="Test">The test split.</param>
public sealed record ImageDataset(
    IReadOnlyList<string> Labels, int Channels, int Height, int Width, bool MayFlip, ImageSplit Train, ImageSplit Test)
{
    /// <summary>Bytes of one image.</summary>
    public int ImageBytes => Channels * Height * Width;
}
