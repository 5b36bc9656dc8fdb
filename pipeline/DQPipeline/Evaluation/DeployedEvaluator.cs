using System.Numerics.Tensors;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Onnx.Inference;

namespace DQPipeline.Evaluation;

/// <summary>
/// Measures a deployed model on one sample of images: clean, and on adversarial images that were made on another model, for it has no gradient. It is shown what an image file
/// can hold: adversarial images are rounded onto the 8-bit grid, inside their ball (<see cref="PixelGrid"/>).
/// </summary>
public sealed class DeployedEvaluator
{
    /// <summary>Images of one pass; what a deployed model says of an image depends on the others by the last bits of a logit at most.</summary>
    private const int Batch = 256;

    private readonly DeployedModel model;
    private readonly byte[] pixels;
    private readonly int[] classes;
    private int[]? cleanPredictions;

    /// <summary>An evaluator of <paramref name="model"/>.</summary>
    /// <param name="model">The model; whoever made it disposes it.</param>
    /// <param name="split">The images.</param>
    /// <param name="samples">Which of them, by index; at least one.</param>
    /// <exception cref="DqException">DQ2005: the images have another size than the model's, or there are none.</exception>
    public DeployedEvaluator(DeployedModel model, ImageSplit split, IReadOnlyList<int> samples)
    {
        this.model = model;
        if (samples.Count == 0)
            throw new DqException(DiagnosticCodes.DataUnfit, "There are no images to evaluate.");
        var size = model.Info.ImageSize;
        if (split.Image(samples[0]).Length != size)
        {
            throw new DqException(
                DiagnosticCodes.DataUnfit,
                $"The data's images have {split.Image(samples[0]).Length} values, but the model takes {model.Info.Channels}×{model.Info.Height}×{model.Info.Width} = {size}; evaluate it on data of that size.");
        }

        pixels = new byte[samples.Count * size];
        for (var i = 0; i < samples.Count; i++)
            split.Image(samples[i]).CopyTo(pixels.AsSpan(i * size));
        classes = [.. samples.Select(sample => split.Classes[sample])];
    }

    /// <summary>Judges the images of each measurement: one is detected where its squeezed version gets another class. The default squeezes nothing and detects nothing.</summary>
    public SqueezeDeclaration Detector { get; init; } = new();

    /// <summary>The labels of the clean images, by number.</summary>
    /// <exception cref="DqException">DQ3004: the model's outputs are not finite numbers.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public IReadOnlyList<int> CleanPredictions(IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default) =>
        cleanPredictions ??= Predict(pixels, done => progress?.Report(new EvaluationProgress(done, classes.Length)), cancellation);

    /// <summary>Accuracy on the clean images.</summary>
    /// <inheritdoc cref="CleanPredictions"/>
    public CellResult Clean(IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        int[] predictions = [.. CleanPredictions(progress, cancellation)];
        var standing = predictions.Zip(classes, (predicted, actual) => predicted == actual).ToArray();
        var result = new CellResult(classes.Length, standing.Count(right => right), 0, standing);
        return Detector.IsActive ? result with { Detection = new(classes.Length, Flagged(pixels, predictions, cancellation).Count(flagged => flagged), 0, 0) } : result;
    }

    /// <summary>Accuracy on adversarial images made on another model; an image counts as correct when it is right both when clean and on the adversarial version.</summary>
    /// <param name="set">The images of the same samples.</param>
    /// <param name="progress">Told how far the measurement is.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">The set is of other images.</exception>
    /// <inheritdoc cref="CleanPredictions"/>
    public CellResult Transferred(AdversarialSet set, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (!set.X.AsSpan().SequenceEqual(pixels))
            throw new ArgumentException("The adversarial images are not those of the evaluator's samples.", nameof(set));
        var clean = CleanPredictions(null, cancellation);
        var rounded = PixelGrid.RoundInside(set.X, set.XAdv, set.Epsilon);
        var after = Predict(rounded, done => progress?.Report(new EvaluationProgress(done, classes.Length)), cancellation);
        var (standing, attacked) = (new bool[classes.Length], new bool[classes.Length]);
        for (var i = 0; i < standing.Length; i++)
        {
            attacked[i] = clean[i] == classes[i];
            standing[i] = attacked[i] && after[i] == classes[i];
        }

        var result = new CellResult(classes.Length, standing.Count(right => right), attacked.Count(one => one), standing);
        if (!Detector.IsActive)
            return result;
        var flagged = Flagged(rounded, after, cancellation).Zip(attacked, (flag, shown) => flag && shown).ToArray();
        return result with { Detection = DetectionResult.Of(result.Attacked, flagged, standing) };
    }

    private int[] Predict(ReadOnlyMemory<byte> images, Action<int> tell, CancellationToken cancellation)
    {
        var size = model.Info.ImageSize;
        var predictions = new int[images.Length / size];
        for (var first = 0; first < predictions.Length; first += Batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(Batch, predictions.Length - first);
            var logits = new float[count * model.Info.Labels.Count];
            model.Run(images.Slice(first * size, count * size), logits);
            Best(logits).CopyTo(predictions.AsSpan(first));
            tell(first + count);
        }

        return predictions;
    }

    private bool[] Flagged(ReadOnlyMemory<byte> images, int[] predictions, CancellationToken cancellation)
    {
        using var detector = new AdversarialDetector(model, Detector);
        var size = model.Info.ImageSize;
        var flagged = new List<bool>(classes.Length);
        for (var first = 0; first < classes.Length; first += Batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(Batch, classes.Length - first);
            var bytes = images.Slice(first * size, count * size);
            flagged.AddRange(detector.Detect(Array.ConvertAll(bytes.ToArray(), pixel => pixel / 255f), predictions.AsSpan(first, count)));
        }

        return [.. flagged];
    }

    private int[] Best(float[] logits)
    {
        if (logits.Any(z => !float.IsFinite(z)))
            throw new DqException(DiagnosticCodes.Diverged, "The deployed model answers with numbers that are not finite: the model that it was made of is unusable; train that again with a lower learning rate.");
        return [.. logits.Chunk(model.Info.Labels.Count).Select(row => TensorPrimitives.IndexOfMax<float>(row))];
    }
}
