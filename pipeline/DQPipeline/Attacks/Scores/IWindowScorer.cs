namespace DQPipeline.Attacks.Scores;

/// <summary>Where a candidate differs from the image that it was made of.</summary>
/// <param name="Top">The first row.</param>
/// <param name="Left">The first column.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
internal readonly record struct Window(int Top, int Left, int Height, int Width);

/// <summary>Asks a model for the logits of images that change in a window at a time, of which a model that remembers the rest need look at no more.</summary>
internal interface IWindowScorer
{
    /// <summary>The logits of candidates, each of which is the kept version of its image but for its window.</summary>
    /// <param name="candidates">N images in [0,1], N×C×H×W.</param>
    /// <param name="images">Which image each is a version of.</param>
    /// <param name="windows">Where each differs, all of one size; the first time, the whole image.</param>
    /// <param name="logits">To be filled, N×K.</param>
    void Score(ReadOnlySpan<float> candidates, IReadOnlyList<int> images, IReadOnlyList<Window> windows, Span<float> logits);

    /// <summary>Keeps some of the candidates that were scored last as the versions of their images.</summary>
    /// <param name="positions">Their places among the candidates.</param>
    void Keep(IReadOnlyList<int> positions);
}

/// <summary>A model that looks at whole images.</summary>
/// <param name="model">The model.</param>
internal sealed class WholeImages(Scorer model) : IWindowScorer
{
    /// <inheritdoc/>
    public void Score(ReadOnlySpan<float> candidates, IReadOnlyList<int> images, IReadOnlyList<Window> windows, Span<float> logits) => model(candidates, images.Count, logits);

    /// <inheritdoc/>
    public void Keep(IReadOnlyList<int> positions)
    {
        // It remembers nothing.
    }
}
