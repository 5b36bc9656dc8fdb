using DQPipeline.Attacks.Scores;
using DQPipeline.Evaluation;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary><see cref="Square"/> on a network: the one attack of the reference that takes no gradient.</summary>
/// <param name="queries">How often each image may be shown to the network.</param>
/// <param name="restarts">Independent searches.</param>
internal sealed class SquareAttack(int queries, int restarts) : Attack("square")
{
    /// <summary>How often each image may be shown to the model.</summary>
    internal int Queries => queries;

    /// <inheritdoc/>
    internal override bool TakesGradient => false;

    /// <inheritdoc/>
    internal override bool Shrinks => true;

    /// <inheritdoc/>
    public override int Restarts(int classes) => restarts;

    /// <summary>The queries, and the image with which the search begins.</summary>
    public override int Passes(double epsilon) => queries + 1;

    private protected override Tensor Perturb(Attempt attempt)
    {
        var images = attempt.Ball.Images;
        var shape = ((int)images.shape[1], (int)images.shape[2], (int)images.shape[3]);
        var search = new Square(shape, attempt.Victim.Classes, attempt.Ball.Strengths[0], attempt.Ball.Norm, queries);
        var classes = Array.ConvertAll(Predictor.ToArray<long>(attempt.Classes), k => (int)k);
        using var scorer = new NetworkScorer(attempt.Victim, images, classes, byWindows: attempt.Ball.Norm == Norm.Linf);
        var (found, _) = search.Search(Predictor.ToArray<float>(images), classes, attempt.Noise.Samples, scorer, attempt.Noise.Seed, attempt.Restart, attempt.StopsWhenWrong, CancellationToken.None);
        return attempt.Ball.Project(tensor(found, images.shape, ScalarType.Float32).to(images.device));
    }
}
