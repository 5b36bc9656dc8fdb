using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Defenses;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Evaluation;

/// <summary>
/// Measures one network on one sample of images: clean, and under any number of attacks and strengths. The clean predictions are made once and serve
/// all measurements. Every pass is of the same size (the last one is filled up with repeated images, which are not counted): the size of a batch
/// may decide in what order sums are formed, and then a borderline image would fall on either side by who else is still standing. Attacks that let go of images hunt a whole batch together.
/// </summary>
/// <remarks>
/// An image counts as correct under an attack when it is classified right both when clean and at the last iterate of every restart. So the accuracy needs
/// no attack on images already broken: those wrong when clean are never attacked, those broken by one restart, or by one part of an attack made of several, are spared the next. This
/// is exact and no estimate. Iterations of attacks that stand by their last iterate are not cut short, since an image that is wrong on the way may be right there; those that stand by
/// their worst let go of an image as soon as it is wrong.
/// </remarks>
public sealed partial class Evaluator
{
    /// <summary>Images of a pass on a processor, where more are no faster (measured: 16 to 250 images of 32×32 take the same time each) and a last pass that is filled up wastes more.</summary>
    private const int ProcessorPass = 64;

    private readonly Classifier network;
    private readonly ImageBatches batches;
    private readonly int batch;
    private readonly int seed;
    private long[]? cleanPredictions;

    /// <summary>An evaluator of <paramref name="network"/>, on the device where its parameters are.</summary>
    /// <param name="network">The network, whose weights must not change while the evaluator is used; its mode and its parameters' requires_grad are left as they were after each call.</param>
    /// <param name="split">The images.</param>
    /// <param name="samples">Which of them, by index; at least one. An image's index also names its noise.</param>
    /// <param name="batch">Images a batch, at least 1; never more are taken than there are samples, and a processor's passes take fewer.</param>
    /// <param name="seed">Seed of the attacks' noise, at least 0.</param>
    /// <exception cref="DqException">DQ2005: the images have another size or more classes than the network, or there are none.</exception>
    public Evaluator(Classifier network, ImageSplit split, IReadOnlyList<int> samples, int batch = 250, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seed);
        this.network = network;
        this.seed = seed;
        var device = network.parameters().FirstOrDefault()?.device ?? CPU;
        this.batch = batch;
        batches = new ImageBatches(network.Description, split, samples, device.type == TorchSharp.DeviceType.CPU ? Math.Min(batch, ProcessorPass) : batch, device);
    }

    /// <summary>Judges the images of each measurement; null asks nobody. The default is null.</summary>
    public SqueezingDetector? Detector { get; init; }

    /// <summary>Accuracy on the clean images.</summary>
    /// <exception cref="DqException">DQ3004: the network's outputs are not finite numbers.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public CellResult Clean(IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var passes = new Passes(progress, batches.Count, 1);
        var predictions = CleanPredictions(passes, cancellation);
        bool[] correct = [.. predictions.Zip(batches.Classes, (predicted, actual) => predicted == actual)];
        var result = Result(correct, 0) with { Health = CleanHealth(correct, passes, cancellation) };
        return Detector is null ? result : result with { Detection = FalseAlarms(Detector, predictions, cancellation) };
    }

    /// <summary>The labels of the clean images, by number.</summary>
    /// <inheritdoc cref="Clean"/>
    public IReadOnlyList<long> Predictions(IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default) =>
        CleanPredictions(new Passes(progress, batches.Count, 0), cancellation);

    /// <summary>Accuracy under <paramref name="attack"/> at strength <paramref name="epsilon"/> (0–255), attacking only images that are right so far.</summary>
    /// <exception cref="ArgumentOutOfRangeException">ε is not within 0 to 255.</exception>
    /// <exception cref="DqException">DQ3004: the network's outputs are not finite numbers. DQ2005: it has fewer classes than the attack needs.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public CellResult Attacked(
        Attack attack, double epsilon, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        Attack.CheckStrength(epsilon);
        var passes = PassesOf(attack, epsilon, progress);
        var predictions = CleanPredictions(passes, cancellation);
        var standing = Enumerable.Range(0, batches.Count).Where(i => predictions[i] == batches.Classes[i]).ToArray();
        var attacked = standing.Length;
        var stalled = new bool[batches.Count];
        Array.Fill(stalled, true);
        // By the image's last attack, which is the one that broke it where one did.
        var flagged = new bool[batches.Count];
        var runs = Runs(attack).Count();
        int? firstRun = null;
        foreach (var (part, restart) in Runs(attack))
        {
            var survivors = new List<int>();
            foreach (var chunk in standing.Chunk(part.Shrinks ? batch : batches.Size))
            {
                using var scope = NewDisposeScope();
                var loaded = part.Shrinks ? batches.LoadOnly(chunk) : batches.Load(chunk);
                using var run = part.Run(network, loaded, epsilon, seed, restart, onPass: passes.Share(chunk.Length, loaded.Samples.Count), cancellation: cancellation);
                for (var i = 0; i < chunk.Length; i++)
                    stalled[chunk[i]] &= run.Stalled[i] || !part.TakesGradient;
                survivors.AddRange(Survivors(chunk, run.Images, flagged, passes));
            }

            standing = [.. survivors];
            if (runs > 1)
                firstRun ??= standing.Length;
            if (standing.Length == 0)
                break;
        }

        var correct = new bool[batches.Count];
        foreach (var i in standing)
            correct[i] = true;
        var result = Result(correct, attacked);
        if (attack.Parts.Any(part => part.TakesGradient))
            result = result with { Health = new GradientHealth(Enumerable.Range(0, batches.Count).Count(i => stalled[i] && predictions[i] == batches.Classes[i]), null, firstRun) };
        return Detector is null ? result : result with { Detection = DetectionResult.Of(attacked, flagged, correct) };
    }

    /// <summary>
    /// The adversarial image of every sample, those included that are wrong when clean. Of several restarts the most harmful is kept for each image:
    /// a misclassified one before one that is not, then the one with the higher loss. An attack made of several lets go of an image once it is misclassified; where the images are to break other
    /// networks, see <see cref="AdversarialForOthers"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">ε is not within 0 to 255.</exception>
    /// <exception cref="DqException">DQ3004: the network's outputs are not finite numbers. DQ2005: more images than one array holds.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public AdversarialSet Adversarial(
        Attack attack, double epsilon, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default) =>
        Adversarial(attack, epsilon, isForOthers: false, progress, cancellation);

    /// <summary>
    /// The adversarial image of every sample, as <see cref="Adversarial(Attack, double, IProgress{EvaluationProgress}?, CancellationToken)"/>, but made to be shown to other networks: no part of an attack
    /// lets go of an image, and of all that they make the most harmful is kept. What barely breaks this network is likely to break no other.
    /// </summary>
    /// <inheritdoc cref="Adversarial(Attack, double, IProgress{EvaluationProgress}?, CancellationToken)"/>
    public AdversarialSet AdversarialForOthers(
        Attack attack, double epsilon, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default) =>
        Adversarial(attack, epsilon, isForOthers: true, progress, cancellation);

    private AdversarialSet Adversarial(Attack attack, double epsilon, bool isForOthers, IProgress<EvaluationProgress>? progress, CancellationToken cancellation)
    {
        Attack.CheckStrength(epsilon);
        var passes = PassesOf(attack, epsilon, progress, isForOthers);
        var clean = CleanPredictions(passes, cancellation);
        if ((long)batches.Count * batches.ImageSize > Array.MaxLength)
            throw new DqException(DiagnosticCodes.DataUnfit, $"The adversarial versions of {batches.Count} images do not fit one array; ask for fewer samples.");
        var images = new float[batches.Count * batches.ImageSize];
        var predictions = new long[batches.Count];
        var harm = new (bool Wrong, float Loss)[batches.Count];
        // What is made of several attacks is made to break images one way or another; a single one is to do its worst.
        var stops = attack.Parts.Count > 1 && !isForOthers;
        foreach (var chunk in Enumerable.Range(0, batches.Count).Chunk(batches.Size))
        {
            var isFirst = true;
            foreach (var (part, restart) in Runs(attack))
            {
                var open = stops && !isFirst ? Array.FindAll(chunk, sample => !harm[sample].Wrong) : chunk;
                if (open.Length == 0)
                    break;
                using var scope = NewDisposeScope();
                var batch = batches.Load(open);
                using var run = part.Run(network, batch, epsilon, seed, restart, stops, isForOthers, passes.Share(open.Length, batch.Samples.Count), cancellation);
                var after = Predictor.Predict(network, run.Images, batch.Classes);
                var pixels = Predictor.ToArray<float>(run.Images);
                passes.Add(open.Length);
                for (var i = 0; i < open.Length; i++)
                {
                    var sample = open[i];
                    var now = (Wrong: after.Classes[i] != batches.Classes[sample], Loss: after.Losses[i]);
                    if (!isFirst && now.CompareTo(harm[sample]) <= 0)
                        continue;
                    harm[sample] = now;
                    predictions[sample] = after.Classes[i];
                    pixels.AsSpan(i * batches.ImageSize, batches.ImageSize).CopyTo(images.AsSpan(sample * batches.ImageSize));
                }

                isFirst = false;
            }
        }

        var shape = network.Description;
        return new AdversarialSet(
            shape.Channels, shape.Height, shape.Width, epsilon, batches.Pixels(), images, batches.Classes.ToArray(), clean, predictions, attack.Norm);
    }

    /// <summary>Which of the attacked images are right, by number; <paramref name="flagged"/> is told what the detector says of each.</summary>
    private List<int> Survivors(int[] attacked, Tensor images, bool[] flagged, Passes passes)
    {
        var survivors = new List<int>();
        for (var from = 0; from < attacked.Length; from += batches.Size)
        {
            using var scope = NewDisposeScope();
            var shown = attacked.AsSpan(from, Math.Min(batches.Size, attacked.Length - from));
            var made = batches.Fill(images.narrow(0, from, shown.Length));
            var after = Predictor.Predict(network, made).Classes;
            var judged = Detector?.Detect(network, made, after);
            passes.Add(shown.Length);
            for (var i = 0; i < shown.Length; i++)
            {
                flagged[shown[i]] = judged?[i] ?? false;
                if (after[i] == batches.Classes[shown[i]])
                    survivors.Add(shown[i]);
            }
        }

        return survivors;
    }

    private long[] CleanPredictions(Passes passes, CancellationToken cancellation)
    {
        if (cleanPredictions is { } known)
        {
            passes.Add(known.Length);
            return known;
        }

        var predictions = new long[batches.Count];
        foreach (var chunk in Enumerable.Range(0, batches.Count).Chunk(batches.Size))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var predicted = Predictor.Predict(network, batches.Load(chunk).Images).Classes;
            predicted.AsSpan(0, chunk.Length).CopyTo(predictions.AsSpan(chunk[0]));
            passes.Add(chunk.Length);
        }

        return cleanPredictions = predictions;
    }

    private DetectionResult FalseAlarms(SqueezingDetector detector, long[] predictions, CancellationToken cancellation)
    {
        var alarms = 0;
        foreach (var chunk in Enumerable.Range(0, batches.Count).Chunk(batches.Size))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            alarms += detector.Detect(network, batches.Load(chunk).Images, Array.ConvertAll(chunk, i => predictions[i])).Count(flagged => flagged);
        }

        return new DetectionResult(batches.Count, alarms, 0, 0);
    }

    /// <summary>All runs of an attack, part by part.</summary>
    private IEnumerable<(Attack Part, int Restart)> Runs(Attack attack) =>
        from part in attack.Parts from restart in Enumerable.Range(0, part.Restarts(network.Description.Classes)) select (part, restart);

    /// <summary>A clean pass, and for each run its passes and the one that scores what it made.</summary>
    private Passes PassesOf(Attack attack, double epsilon, IProgress<EvaluationProgress>? progress, bool isForOthers = false)
    {
        // Of an attack made of several, the first might take its hours before the second is refused.
        attack.CheckClasses(network.Description.Classes);
        return new(progress, batches.Count, attack.Parts.Sum(part =>
            part.Restarts(network.Description.Classes) * ((isForOthers ? part.PassesForOthers(epsilon) : part.Passes(epsilon)) * (long)part.Averaged + 1)));
    }

    private static CellResult Result(bool[] correct, int attacked) => new(correct.Length, correct.Count(one => one), attacked, correct);

    /// <summary>Counts passes and tells whoever listens.</summary>
    private sealed class Passes(IProgress<EvaluationProgress>? progress, int samples, long perSample)
    {
        private readonly long total = samples * (1 + perSample);
        private long done;

        /// <summary>Counts the passes of a batch of which only the first <paramref name="counted"/> images of <paramref name="batch"/> count.</summary>
        public Action<int> Share(int counted, int batch) => images => Add((int)((long)images * counted / batch));

        public void Add(int images) => progress?.Report(new EvaluationProgress(done += images, total));
    }
}
