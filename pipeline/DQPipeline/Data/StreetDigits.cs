using DQPipeline.Data.Street;
using DQPipeline.Declarations;

namespace DQPipeline.Data;

/// <summary>
/// Procedural house numbers: 32×32 RGB, classes 0 to 9, drawn by <see cref="Scene"/>. Image i shows the digit i mod 10 in its middle; everything else about it
/// is drawn from (seed, split, i), so that more images leave the first ones as they were and any number of threads draws the same. Only additions,
/// multiplications, divisions and square roots are used, which every processor rounds alike: the bytes are the same on every machine.
/// </summary>
internal static class StreetDigits
{
    /// <summary>Columns and rows of an image.</summary>
    public const int Side = Canvas.Inner;

    private const int ImageBytes = 3 * Side * Side;

    public static ImageDataset Draw(StreetDigitsDeclaration declaration, CancellationToken cancellation) => new(
        [.. Enumerable.Range(0, 10).Select(digit => ((char)('0' + digit)).ToString())], 3, Side, Side, MayFlip: false,
        Split(declaration.Train, declaration.Seed, RandomPurpose.DrawTrain, cancellation),
        Split(declaration.Test, declaration.Seed, RandomPurpose.DrawTest, cancellation));

    private static ImageSplit Split(int count, int seed, RandomPurpose purpose, CancellationToken cancellation)
    {
        var pixels = Limit.Pixels(count, ImageBytes, "street-digits");
        _ = Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellation }, () => new Scene(), (i, _, scene) =>
        {
            scene.Draw(i % 10, new SeededRandom(seed, purpose, epoch: 0, index: i), pixels.AsSpan(i * ImageBytes, ImageBytes));
            return scene;
        }, _ => { });
        return new ImageSplit(pixels, [.. Enumerable.Range(0, count).Select(i => i % 10)]);
    }
}
