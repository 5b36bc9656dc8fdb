using DQPipeline.Attacks.Windows;
using DQPipeline.Evaluation;
using static TorchSharp.torch;

namespace DQPipeline.Attacks.Scores;

/// <summary>
/// A network under attack that is asked for its scores: by windows where it can be. Whether an image is misclassified is then asked of the network itself, so that a last bit of a
/// folded batch norm decides nothing.
/// </summary>
internal sealed class NetworkScorer : IWindowScorer, IDisposable
{
    private readonly Victim _victim;
    private readonly IReadOnlyList<int> _classes;
    private readonly long[] _shape;
    private readonly Device _device;
    private readonly WindowedNetwork? _windowed;

    /// <summary>A scorer of versions of these images.</summary>
    /// <param name="victim">The network.</param>
    /// <param name="images">The clean images, N×C×H×W.</param>
    /// <param name="classes">Their classes, N.</param>
    /// <param name="byWindows">Whether the search changes windows, and not always the whole image.</param>
    public NetworkScorer(Victim victim, Tensor images, IReadOnlyList<int> classes, bool byWindows)
    {
        (_victim, _classes, _shape, _device) = (victim, classes, [.. images.shape[1..]], images.device);
        _windowed = byWindows ? victim.Windowed(classes.Count) : null;
    }

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<float> candidates, IReadOnlyList<int> images, IReadOnlyList<Window> windows, Span<float> logits)
    {
        if (_windowed is null)
        {
            Ask(candidates, images.Count, logits);
            return;
        }

        var versions = candidates.ToArray();
        using (NewDisposeScope())
            Predictor.ToArray<float>(_victim.Count(images.Count, () => _windowed.Logits(versions, images, windows))).CopyTo(logits);
        var (size, classes) = (candidates.Length / images.Count, _victim.Classes);
        for (var i = 0; i < images.Count; i++)
        {
            var row = logits.Slice(i * classes, classes);
            var own = row[_classes[images[i]]];
            // NaN too: it is the network that should say it.
            if (!(System.Numerics.Tensors.TensorPrimitives.Max<float>(row) <= own))
                Ask(candidates.Slice(i * size, size), 1, row);
        }
    }

    /// <inheritdoc/>
    public void Keep(IReadOnlyList<int> positions) => _windowed?.Keep(positions);

    /// <inheritdoc/>
    public void Dispose() => _windowed?.Dispose();

    private void Ask(ReadOnlySpan<float> images, int count, Span<float> logits)
    {
        using var scope = NewDisposeScope();
        using var batch = tensor(images.ToArray(), [count, .. _shape], ScalarType.Float32).to(_device);
        Predictor.ToArray<float>(_victim.Logits(batch)).CopyTo(logits);
    }
}
