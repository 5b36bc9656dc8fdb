using DQPipeline.Declarations;
using static TorchSharp.torch;

namespace DQPipeline.Evaluation;

public sealed partial class Evaluator
{
    /// <summary>
    /// Accuracy on adversarial images that were made on another network (a black-box attack, paper section 5.1). They exist for every image, whether the other network is
    /// right about it or not; an image counts as correct when this network is right about it both when clean and on the other's most harmful one.
    /// </summary>
    /// <param name="set">The other network's <see cref="AdversarialForOthers"/> images of the same samples.</param>
    /// <param name="progress">Told how far the measurement is.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">The set is of other images.</exception>
    /// <exception cref="DqException">DQ3004: the network's outputs are not finite numbers.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public CellResult Transferred(AdversarialSet set, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (!set.X.AsSpan().SequenceEqual(batches.Pixels()))
            throw new ArgumentException("The adversarial images are not those of the evaluator's samples.", nameof(set));
        var passes = new Passes(progress, batches.Count, 1);
        var predictions = CleanPredictions(passes, cancellation);
        var standing = Enumerable.Range(0, batches.Count).Where(i => predictions[i] == batches.Classes[i]).ToArray();
        var (correct, flagged) = (new bool[batches.Count], new bool[batches.Count]);
        foreach (var chunk in standing.Chunk(batches.Size))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var images = batches.Values(chunk, set.XAdv);
            var after = Predictor.Predict(network, images).Classes;
            var judged = Detector?.Detect(network, images, after);
            for (var i = 0; i < chunk.Length; i++)
            {
                correct[chunk[i]] = after[i] == batches.Classes[chunk[i]];
                flagged[chunk[i]] = judged?[i] ?? false;
            }

            passes.Add(chunk.Length);
        }

        var result = Result(correct, standing.Length);
        return Detector is null ? result : result with { Detection = DetectionResult.Of(standing.Length, flagged, correct) };
    }
}
