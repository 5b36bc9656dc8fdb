using DQPipeline.Attacks;
using DQPipeline.Attacks.Scores;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Onnx.Inference;

namespace DQPipeline.Evaluation;

/// <summary>
/// Measures a deployed model on one sample of images: clean, under attacks that ask for its scores alone, and, for it has no gradient, on adversarial images that were made on another model.
/// It is shown what an image file can hold: adversarial images are rounded onto the 8-bit grid, inside their ball (<see cref="PixelGrid"/>).
/// </summary>
public sealed class DeployedEvaluator
{
    /// <summary>Images that the detector looks at in one pass.</summary>
    private const int Batch = 256;

    private readonly DeployedModel model;
    private readonly ScoreEvaluator scores;

    /// <summary>An evaluator of <paramref name="model"/>.</summary>
    /// <param name="model">The model; whoever made it disposes it.</param>
    /// <param name="split">The images.</param>
    /// <param name="samples">Which of them, by index; at least one.</param>
    /// <param name="seed">Seed of the attacks, at least 0.</param>
    /// <exception cref="DqException">DQ2005: the images have another size or more classes than the model's, or there are none.</exception>
    public DeployedEvaluator(DeployedModel model, ImageSplit split, IReadOnlyList<int> samples, int seed = 0)
    {
        this.model = model;
        scores = new ScoreEvaluator(ScoredModel.Of(model) with { OnPixelGrid = true }, split, samples, seed);
    }

    /// <summary>Judges the images of each measurement: one is detected where its squeezed version gets another class. The default squeezes nothing and detects nothing.</summary>
    public SqueezeDeclaration Detector { get; init; } = new();

    /// <summary>The labels of the clean images, by number.</summary>
    /// <exception cref="DqException">DQ3004: the model's outputs are not finite numbers.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public IReadOnlyList<int> CleanPredictions(IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default) =>
        scores.CleanPredictions(progress, cancellation);

    /// <summary>Accuracy on the clean images.</summary>
    /// <inheritdoc cref="CleanPredictions"/>
    public CellResult Clean(IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        int[] predictions = [.. CleanPredictions(progress, cancellation)];
        var classes = scores.Classes;
        var standing = predictions.Zip(classes, (predicted, actual) => predicted == actual).ToArray();
        var result = new CellResult(classes.Count, standing.Count(right => right), 0, standing);
        return Detector.IsActive ? result with { Detection = new(classes.Count, Flagged(scores.Pixels, predictions, cancellation).Count(flagged => flagged), 0, 0) } : result;
    }

    /// <summary>Accuracy under an attack that asks the model for its scores alone, attacking only images that are right so far.</summary>
    /// <exception cref="ArgumentOutOfRangeException">ε is not within 0 to 255.</exception>
    /// <exception cref="DqException">DQ1004: the attack asks for more than scores. DQ3004: the model's outputs are not finite numbers.</exception>
    /// <inheritdoc cref="ScoreEvaluator.Adversarial"/>
    public CellResult Attacked(Attack attack, double epsilon, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default) =>
        Transferred(scores.Adversarial(attack, epsilon, progress, cancellation), null, cancellation);

    /// <summary>Accuracy on adversarial images made on another model; an image counts as correct when it is right both when clean and on the adversarial version.</summary>
    /// <param name="set">The images of the same samples.</param>
    /// <param name="progress">Told how far the measurement is.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">The set is of other images.</exception>
    /// <inheritdoc cref="CleanPredictions"/>
    public CellResult Transferred(AdversarialSet set, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (!set.X.AsSpan().SequenceEqual(scores.Pixels.Span))
            throw new ArgumentException("The adversarial images are not those of the evaluator's samples.", nameof(set));
        var clean = CleanPredictions(null, cancellation);
        var classes = scores.Classes;
        var rounded = PixelGrid.RoundInside(set);
        var after = scores.Predict(rounded, done => progress?.Report(new EvaluationProgress(done, classes.Count)), cancellation);
        var (standing, attacked) = (new bool[classes.Count], new bool[classes.Count]);
        for (var i = 0; i < standing.Length; i++)
        {
            attacked[i] = clean[i] == classes[i];
            standing[i] = attacked[i] && after[i] == classes[i];
        }

        var result = new CellResult(classes.Count, standing.Count(right => right), attacked.Count(one => one), standing);
        if (!Detector.IsActive)
            return result;
        var flagged = Flagged(rounded, after, cancellation).Zip(attacked, (flag, shown) => flag && shown).ToArray();
        return result with { Detection = DetectionResult.Of(result.Attacked, flagged, standing) };
    }

    private bool[] Flagged(ReadOnlyMemory<byte> images, int[] predictions, CancellationToken cancellation)
    {
        using var detector = new AdversarialDetector(model, Detector);
        var size = model.Info.ImageSize;
        var flagged = new List<bool>(predictions.Length);
        for (var first = 0; first < predictions.Length; first += Batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(Batch, predictions.Length - first);
            var bytes = images.Slice(first * size, count * size);
            flagged.AddRange(detector.Detect(Array.ConvertAll(bytes.ToArray(), pixel => pixel / 255f), predictions.AsSpan(first, count)));
        }

        return [.. flagged];
    }
}
