using System.Numerics.Tensors;
using DQPipeline.Attacks;
using DQPipeline.Attacks.Scores;
using DQPipeline.Data;
using DQPipeline.Declarations;

namespace DQPipeline.Evaluation;

/// <summary>Asks a model for its scores on one sample of images, clean and attacked. It takes no tensor, and loads no library for them.</summary>
public sealed class ScoreEvaluator
{
    /// <summary>Images of one pass.</summary>
    private const int Batch = 256;

    /// <summary>Values of the images that are searched for at once: more would fill the memory, fewer leave the last images of a search to themselves.</summary>
    private const int SearchedValues = 1 << 24;

    private readonly ScoredModel model;
    private readonly byte[] pixels;
    private readonly int[] classes;
    private readonly int[] samples;
    private readonly int seed;
    private int[]? cleanPredictions;

    /// <summary>An evaluator of <paramref name="model"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="split">The images.</param>
    /// <param name="samples">Which of them, by index; at least one. An image's index also names its random numbers.</param>
    /// <param name="seed">Seed of the attacks, at least 0.</param>
    /// <exception cref="DqException">DQ2005: the images have another size or more classes than the model, there are none, or more than one array holds.</exception>
    public ScoreEvaluator(ScoredModel model, ImageSplit split, IReadOnlyList<int> samples, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seed);
        (this.model, this.samples, this.seed) = (model, [.. samples], seed);
        if (samples.Count == 0)
            throw new DqException(DiagnosticCodes.DataUnfit, "There are no images to evaluate.");
        var size = model.ImageSize;
        if (split.Image(samples[0]).Length != size)
        {
            throw new DqException(
                DiagnosticCodes.DataUnfit,
                $"The data's images have {split.Image(samples[0]).Length} values, but the model takes {model.Channels}×{model.Height}×{model.Width} = {size}; evaluate it on data of that size.");
        }

        if ((long)samples.Count * size > Array.MaxLength)
            throw new DqException(DiagnosticCodes.DataUnfit, $"{samples.Count} images of {size} values do not fit one array; ask for fewer samples.");
        classes = [.. samples.Select(sample => split.Classes[sample])];
        if (classes.Max() is var highest && highest >= model.Classes)
            throw new DqException(DiagnosticCodes.DataUnfit, $"The data have a class number {highest}, but the model knows {model.Classes} classes, 0 to {model.Classes - 1}.");
        pixels = new byte[samples.Count * size];
        for (var i = 0; i < samples.Count; i++)
            split.Image(samples[i]).CopyTo(pixels.AsSpan(i * size));
    }

    /// <summary>The clean images, N×C×H×W.</summary>
    internal ReadOnlyMemory<byte> Pixels => pixels;

    /// <summary>The true class of each image.</summary>
    internal IReadOnlyList<int> Classes => classes;

    /// <summary>The labels of the clean images, by number.</summary>
    /// <exception cref="DqException">DQ3004: the model's answers are not finite numbers.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public IReadOnlyList<int> CleanPredictions(IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default) =>
        cleanPredictions ??= Predict(pixels, done => progress?.Report(new EvaluationProgress(done, classes.Length)), cancellation);

    /// <summary>
    /// An adversarial image of every sample that the model gets right; the others stay as they are. An image that is misclassified is shown no more; of several restarts that break none, the one
    /// with the smallest margin is kept.
    /// </summary>
    /// <param name="attack">An attack that asks for scores alone: Square.</param>
    /// <param name="epsilon">Strength ε in pixel units, 0 to 255.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Checked before each query.</param>
    /// <exception cref="ArgumentOutOfRangeException">ε is not within 0 to 255.</exception>
    /// <exception cref="DqException">DQ1004: the attack asks for more than scores. DQ3004: the model's answers are not finite numbers.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public AdversarialSet Adversarial(Attack attack, double epsilon, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (attack.Parts is not [SquareAttack square])
            throw new DqException(DiagnosticCodes.OutOfRange, $"The attack {attack.Kind} asks a model for more than its scores; square is the one that does not.");
        Attack.CheckStrength(epsilon);
        var restarts = square.Restarts(model.Classes);
        var clean = CleanPredictions(null, cancellation);
        var search = new Square((model.Channels, model.Height, model.Width), model.Classes, epsilon, square.Norm, square.Queries) { Batch = Batch, OnPixelGrid = model.OnPixelGrid };
        int[] standing = [.. Enumerable.Range(0, classes.Length).Where(i => clean[i] == classes[i])];
        var (images, predictions, harm) = (Values(pixels), clean.ToArray(), new float[classes.Length]);
        Array.Fill(harm, float.PositiveInfinity);
        // Passes that are needed at most, as everywhere: an image that breaks saves its rest.
        var (done, total) = (0L, standing.Length * (long)restarts * square.Passes(epsilon));
        Scorer counted = (candidates, count, logits) =>
        {
            model.Scores(candidates, count, logits);
            progress?.Report(new EvaluationProgress(done += count, total));
        };
        for (var restart = 0; restart < restarts; restart++)
        {
            foreach (var group in standing.Chunk(Math.Max(Batch, SearchedValues / model.ImageSize)))
            {
                var (found, margins) = search.Search(
                    Values(Gather(group)), Array.ConvertAll(group, i => classes[i]), Array.ConvertAll(group, i => samples[i]), counted, seed, restart, cancellation: cancellation);
                var labels = Predict(found, cancellation);
                for (var i = 0; i < group.Length; i++)
                {
                    var at = group[i];
                    if (labels[i] == classes[at] && !(margins[i] < harm[at]))
                        continue;
                    (harm[at], predictions[at]) = (margins[i], labels[i]);
                    found.AsSpan(i * model.ImageSize, model.ImageSize).CopyTo(images.AsSpan(at * model.ImageSize));
                }
            }

            standing = Array.FindAll(standing, i => predictions[i] == classes[i]);
        }

        return new(
            model.Channels, model.Height, model.Width, epsilon, pixels, images, Array.ConvertAll(classes, y => (long)y), [.. clean.Select(label => (long)label)],
            Array.ConvertAll(predictions, label => (long)label), square.Norm);
    }

    /// <summary>The labels of images of bytes, N×C×H×W.</summary>
    /// <inheritdoc cref="CleanPredictions"/>
    internal int[] Predict(byte[] images, Action<int> tell, CancellationToken cancellation)
    {
        var labels = new List<int>(images.Length / model.ImageSize);
        foreach (var batch in images.Chunk(Batch * model.ImageSize))
        {
            labels.AddRange(Predict(Values(batch), cancellation));
            tell(labels.Count);
        }

        return [.. labels];
    }

    private int[] Predict(float[] images, CancellationToken cancellation)
    {
        var labels = new int[images.Length / model.ImageSize];
        for (var first = 0; first < labels.Length; first += Batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(Batch, labels.Length - first);
            var logits = new float[count * model.Classes];
            model.Scores(images.AsSpan(first * model.ImageSize, count * model.ImageSize), count, logits);
            if (logits.Any(z => !float.IsFinite(z)))
                throw ScoredModel.NotFinite();
            for (var i = 0; i < count; i++)
                labels[first + i] = TensorPrimitives.IndexOfMax<float>(logits.AsSpan(i * model.Classes, model.Classes));
        }

        return labels;
    }

    private byte[] Gather(int[] positions)
    {
        var chosen = new byte[positions.Length * model.ImageSize];
        for (var i = 0; i < positions.Length; i++)
            pixels.AsSpan(positions[i] * model.ImageSize, model.ImageSize).CopyTo(chosen.AsSpan(i * model.ImageSize));
        return chosen;
    }

    private static float[] Values(byte[] pixels) => Array.ConvertAll(pixels, pixel => pixel / 255f);
}
