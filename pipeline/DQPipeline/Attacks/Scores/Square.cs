using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;

namespace DQPipeline.Attacks.Scores;

/// <summary>
/// Square (Andriushchenko et al. 2020): a random search that changes a square window of the image at a time, keeps what lowers the margin, and asks the model for logits alone. So it sees no
/// gradient that could mislead it, and breaks models that hide theirs. Begins with vertical stripes in the maximum norm, with a pattern of bumps in the Euclidean one.
/// </summary>
/// <remarks>Where a window lies and what it holds is drawn for each sample by its own number, not once for a batch: the rest of the batch has no say in it.</remarks>
public sealed class Square
{
    private readonly (int Channels, int Height, int Width) _shape;
    private readonly int _classes;
    private readonly double _epsilon;
    private readonly Norm _norm;
    private readonly int _queries;
    private readonly ISquareMoves _moves;

    /// <summary>A search for models that take images of this shape.</summary>
    /// <param name="shape">Channels, rows and columns of an image.</param>
    /// <param name="classes">Classes K, at least 2.</param>
    /// <param name="epsilon">Strength ε in pixel units, 0 to 255.</param>
    /// <param name="norm">The norm of the ball.</param>
    /// <param name="queries">How often each image may be shown to the model, at least 1; the reference has 5,000.</param>
    public Square((int Channels, int Height, int Width) shape, int classes, double epsilon, Norm norm = Norm.Linf, int queries = 5000)
    {
        Attack.CheckStrength(epsilon);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(queries, 1);
        (_shape, _classes, _epsilon, _norm, _queries) = (shape, classes, epsilon, norm, queries);
        _moves = norm == Norm.Linf ? new SquareMoves(shape, epsilon / 255) : new EuclideanSquareMoves(shape, epsilon / 255);
    }

    /// <summary>The most images that are shown to the model at once. The default is 256.</summary>
    public int Batch { get; init; } = 256;

    /// <summary>
    /// Whether every image that is shown has values k/255, inside the ball (<see cref="PixelGrid"/>), as a model of bytes needs them; the clean images then have them too. The default is false.
    /// </summary>
    public bool OnPixelGrid { get; init; }

    /// <summary>Searches for each of N images.</summary>
    /// <param name="images">The clean images in [0,1], N×C×H×W.</param>
    /// <param name="classes">The true classes, N.</param>
    /// <param name="samples">Numbers that name the samples, from which their windows are drawn.</param>
    /// <param name="model">The model.</param>
    /// <param name="seed">The seed, at least 0.</param>
    /// <param name="restart">Which of several runs this is.</param>
    /// <param name="stopsWhenWrong">Whether an image is done with once it is misclassified; false searches on for the smallest margin.</param>
    /// <param name="cancellation">Checked before each query.</param>
    /// <returns>The image with the smallest margin z_y − max_{j≠y} zⱼ that was found of each, N×C×H×W, and that margin: below 0 it is misclassified.</returns>
    /// <exception cref="DqException">DQ3004: the model's answers are not finite numbers.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public (float[] Images, float[] Margins) Search(
        float[] images, IReadOnlyList<int> classes, IReadOnlyList<int> samples, Scorer model, int seed, int restart = 0, bool stopsWhenWrong = true, CancellationToken cancellation = default) =>
        Search(images, classes, samples, new WholeImages(model), seed, restart, stopsWhenWrong, cancellation);

    /// <inheritdoc cref="Search(float[], IReadOnlyList{int}, IReadOnlyList{int}, Scorer, int, int, bool, CancellationToken)"/>
    internal (float[] Images, float[] Margins) Search(
        float[] images, IReadOnlyList<int> classes, IReadOnlyList<int> samples, IWindowScorer model, int seed, int restart, bool stopsWhenWrong, CancellationToken cancellation)
    {
        var size = _shape.Channels * _shape.Height * _shape.Width;
        if (images.Length != (long)size * classes.Count || samples.Count != classes.Count)
            throw new ArgumentException($"{images.Length} values, {classes.Count} classes and {samples.Count} numbers are not of the same images of {size} values.");
        var random = samples.Select(sample => new SeededRandom(seed, RandomPurpose.Attack, restart, sample)).ToArray();
        var (best, margins) = (new float[images.Length], new float[classes.Count]);
        Array.Fill(margins, float.PositiveInfinity);
        var standing = Enumerable.Range(0, classes.Count).ToArray();
        var candidates = new float[Math.Min(Batch, classes.Count) * size];
        for (var query = 0; query <= _queries && standing.Length > 0; query++)
        {
            var share = SquareSchedule.Share(Math.Max(1, query), _queries);
            foreach (var chunk in standing.Chunk(Batch))
            {
                cancellation.ThrowIfCancellationRequested();
                var windows = new Window[chunk.Length];
                Array.Fill(windows, new(0, 0, _shape.Height, _shape.Width));
                for (var i = 0; i < chunk.Length; i++)
                {
                    var at = chunk[i];
                    var clean = images.AsSpan(at * size, size);
                    var candidate = candidates.AsSpan(i * size, size);
                    if (query == 0)
                        _moves.Begin(clean, candidate, ref random[at]);
                    else
                        windows[i] = _moves.Change(clean, best.AsSpan(at * size, size), candidate, share, ref random[at]);
                    if (OnPixelGrid)
                        Round(clean, candidate);
                }

                var found = Margins(candidates.AsSpan(0, chunk.Length * size), chunk, windows, classes, model);
                int[] better = [.. Enumerable.Range(0, chunk.Length).Where(i => found[i] < margins[chunk[i]])];
                model.Keep(better);
                foreach (var i in better)
                {
                    margins[chunk[i]] = found[i];
                    candidates.AsSpan(i * size, size).CopyTo(best.AsSpan(chunk[i] * size));
                }
            }

            if (stopsWhenWrong)
                standing = Array.FindAll(standing, at => margins[at] >= 0);
        }

        return (best, margins);
    }

    private void Round(ReadOnlySpan<float> clean, Span<float> candidate)
    {
        var pixels = new byte[clean.Length];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)MathF.Round(clean[i] * 255);
        var rounded = PixelGrid.RoundInside(pixels, candidate, _epsilon, _norm);
        for (var i = 0; i < rounded.Length; i++)
            candidate[i] = rounded[i] / 255f;
    }

    private float[] Margins(ReadOnlySpan<float> candidates, int[] chunk, Window[] windows, IReadOnlyList<int> classes, IWindowScorer model)
    {
        var logits = new float[chunk.Length * _classes];
        model.Score(candidates, chunk, windows, logits);
        var margins = new float[chunk.Length];
        for (var i = 0; i < margins.Length; i++)
        {
            var (own, rival) = (logits[(i * _classes) + classes[chunk[i]]], float.NegativeInfinity);
            for (var k = 0; k < _classes; k++)
            {
                if (k != classes[chunk[i]])
                    rival = Math.Max(rival, logits[(i * _classes) + k]);
            }

            margins[i] = own - rival;
            if (!float.IsFinite(margins[i]))
                throw ScoredModel.NotFinite();
        }

        return margins;
    }
}
