using DQPipeline.Data;

namespace DQPipeline.Attacks.Scores;

/// <summary>What Square does to an image in a norm. All images are C×H×W in [0,1], and what is made lies in the ball.</summary>
internal interface ISquareMoves
{
    /// <summary>Makes the image with which the search begins.</summary>
    void Begin(ReadOnlySpan<float> clean, Span<float> candidate, ref SeededRandom random);

    /// <summary>Makes a candidate that differs from the best image so far within a window.</summary>
    /// <param name="clean">The clean image.</param>
    /// <param name="best">The best so far.</param>
    /// <param name="candidate">To be filled.</param>
    /// <param name="share">The share of the image that the window covers.</param>
    /// <param name="random">The sample's own numbers.</param>
    /// <returns>Where the candidate differs; of all images with one share, windows of one size.</returns>
    Window Change(ReadOnlySpan<float> clean, ReadOnlySpan<float> best, Span<float> candidate, double share, ref SeededRandom random);
}
