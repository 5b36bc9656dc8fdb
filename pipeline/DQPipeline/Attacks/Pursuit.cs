using DQPipeline.Evaluation;
using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// The images of a run that are still hunted, and the most harmful version found of each: misclassified before not, then by the attack's own measure. Tensors and numbers that
/// belong to images shrink together as images are done with.
/// </summary>
internal sealed class Pursuit
{
    private readonly Tensor _found;
    private readonly (bool Wrong, float Harm)[] _harm;
    private readonly bool _stopsWhenWrong;

    /// <summary>All images of an attempt, none found yet.</summary>
    /// <param name="attempt">The run.</param>
    public Pursuit(Attempt attempt)
    {
        _found = attempt.Ball.Centre();
        _harm = new (bool, float)[attempt.Classes.shape[0]];
        Array.Fill(_harm, (false, float.NegativeInfinity));
        _stopsWhenWrong = attempt.StopsWhenWrong;
        Rows = [.. Enumerable.Range(0, _harm.Length)];
    }

    /// <summary>The numbers of the images that are hunted.</summary>
    public int[] Rows { get; private set; }

    /// <summary>The most harmful version of every image, in the ball.</summary>
    public Tensor Found => _found;

    /// <summary>
    /// Keeps, of the hunted images' versions, the ones that are more harmful than what was found. Those that are misclassified are then done with, if that is how the run goes.
    /// </summary>
    /// <param name="images">A version of each hunted image.</param>
    /// <param name="wrong">Which of them are misclassified.</param>
    /// <param name="harm">How harmful they are, by a measure that is the attack's own.</param>
    /// <returns>The places, among the hunted, of the ones that remain so; null where all do.</returns>
    public int[]? Keep(Tensor images, IReadOnlyList<bool> wrong, IReadOnlyList<float> harm)
    {
        var better = Enumerable.Range(0, Rows.Length).Where(i => (wrong[i], harm[i]).CompareTo(_harm[Rows[i]]) > 0).ToArray();
        if (better.Length > 0)
        {
            using var scope = NewDisposeScope();
            _found.index_copy_(0, Numbers(better.Select(i => Rows[i]), images.device), better.Length == Rows.Length ? images : images.index_select(0, Numbers(better, images.device)));
            foreach (var i in better)
                _harm[Rows[i]] = (wrong[i], harm[i]);
        }

        if (!_stopsWhenWrong || !Rows.Any(row => _harm[row].Wrong))
            return null;
        var left = Enumerable.Range(0, Rows.Length).Where(i => !_harm[Rows[i]].Wrong).ToArray();
        Rows = [.. left.Select(i => Rows[i])];
        return left;
    }

    /// <summary>Which of the images are misclassified by these logits.</summary>
    public static bool[] Wrong(Tensor logits, Tensor classes)
    {
        using var scope = NewDisposeScope();
        return Predictor.ToArray<bool>(logits.argmax(1).ne(classes));
    }

    /// <summary>int64 numbers as a tensor in the current scope.</summary>
    public static Tensor Numbers(IEnumerable<int> numbers, Device device) => tensor(numbers.Select(number => (long)number).ToArray(), device: device);

    /// <summary>A number for each image as N×1×1×1, in the current scope.</summary>
    public static Tensor Each(IReadOnlyCollection<float> values, Device device) => tensor(values.ToArray(), [values.Count, 1, 1, 1], device: device);

    /// <summary>The wrong classes by the logits of the clean images, the most likely first at rank 0; int64 N, in the current scope.</summary>
    public static Tensor Target(Tensor logits, Tensor classes, int rank)
    {
        using var scope = NewDisposeScope();
        var index = classes.unsqueeze(1);
        // The true class is put last, so that ranks count wrong ones even where the image is misclassified to begin with.
        var order = logits.scatter(1, index, full_like(index, Number.Of(double.NegativeInfinity), dtype: logits.dtype)).argsort(1, descending: true);
        return order.select(1, rank).clone().MoveToOuterDisposeScope();
    }
}
