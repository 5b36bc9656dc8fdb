using DQPipeline.Declarations;
using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Defenses;

/// <summary>
/// Feature squeezing (Xu et al. 2017; paper sections 2.2.2 and 5.2): the colour depth is reduced to b bits, round(x·(2^b − 1))/(2^b − 1) with halves to the
/// even level, and each channel is smoothed by a k×k median filter.
/// </summary>
/// <remarks>
/// <para>
/// The filter is that of <c>scipy.ndimage.median_filter(size=k)</c>: of the k² values sorted ascending the one with index ⌊k²/2⌋, hence the upper of the two middle
/// ones where k is even; the window begins ⌊k/2⌋ pixels above and left of its pixel, so that a 2×2 one reaches up and left; beyond its edges an image is mirrored,
/// the pixel at the edge repeated.
/// </para>
/// <para>
/// An attack sees through both. Rounding passes the gradient on as it is (straight-through; BPDA of Athalye et al. 2018), the median gives it to the pixel that it
/// selected. Rounding keeps order, so that it may as well come after the filter: the numbers are the same, and the selection among values that are not yet
/// rounded is hardly ever a tie. Of equal values, the one earlier in reading order counts as the smaller.
/// </para>
/// </remarks>
public sealed class Squeezer
{
    private readonly int side;

    /// <summary>The squeezer that <paramref name="declaration"/> describes.</summary>
    /// <exception cref="DqException">DQ1004: the bits are not 0 to 8, or the median's side is not 1 to 9.</exception>
    public Squeezer(SqueezeDeclaration declaration)
    {
        if (declaration.Bits is not (>= 0 and <= 8))
            throw new DqException(DiagnosticCodes.OutOfRange, $"{declaration.Bits} are no bits of a colour. Use 1 to 8, or 0 to leave colours as they are.");
        if (declaration.Median is not (>= 1 and <= 9))
            throw new DqException(DiagnosticCodes.OutOfRange, $"A median filter of {declaration.Median}×{declaration.Median} pixels cannot be used. Use 2 to 9, or 1 for no filter.");
        Levels = (1 << declaration.Bits) - 1;
        side = declaration.Median;
        IsActive = declaration.IsActive;
    }

    /// <summary>Whether images are changed at all.</summary>
    public bool IsActive { get; }

    /// <summary>Steps between the darkest and the brightest colour, 2^b − 1; 0 where colours stay as they are.</summary>
    public int Levels { get; }

    /// <summary>Squeezes images.</summary>
    /// <param name="images">float N×C×H×W in [0,1], of at least 4×4 pixels. They are left as they are.</param>
    /// <returns>A new tensor of the same shape, with the gradient described above.</returns>
    public Tensor Apply(Tensor images)
    {
        var smooth = side == 1 ? images.clone() : side == 2 && MedianFunction.Takes(images) ? MedianFunction.Run(images) : ComposedMedian(images);
        if (Levels == 0)
            return smooth;
        // In place and unseen by autograd, which is the straight-through gradient: no operator above needs its result for its own.
        using var guard = no_grad();
        return smooth.mul_(Number.Of(Levels)).round_().div_(Number.Of(Levels));
    }

    /// <summary>The median filter from torch's own operators, for every device, type and size.</summary>
    internal Tensor ComposedMedian(Tensor images)
    {
        using var scope = NewDisposeScope();
        var (rows, columns) = (images.shape[2], images.shape[3]);
        var padded = Mirror(Mirror(images, 2), 3);
        var windows = new List<Tensor>(side * side);
        for (var row = 0; row < side; row++)
        {
            for (var column = 0; column < side; column++)
                windows.Add(padded.narrow(2, row, rows).narrow(3, column, columns));
        }

        var sorted = stack(windows, -1).sort(-1, stable: true).Values;
        return sorted.select(-1, side * side / 2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Pads one dimension by what a window reaches beyond it: c b a | a b c | c b a.</summary>
    private Tensor Mirror(Tensor images, int dimension)
    {
        var size = (int)images.shape[dimension];
        var from = Enumerable.Range(-(side / 2), size + side - 1).Select(i => i < 0 ? -1L - i : i < size ? i : (2L * size) - 1 - i);
        return images.index_select(dimension, tensor(from.ToArray(), device: images.device));
    }
}
