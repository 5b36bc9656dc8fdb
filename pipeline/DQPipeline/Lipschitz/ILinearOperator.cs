using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Lipschitz;

/// <summary>A linear operator A between finite-dimensional spaces, given by what it and its transpose do to a vector.</summary>
internal interface ILinearOperator
{
    /// <summary>The shape of the vectors that A takes.</summary>
    long[] InputShape { get; }

    /// <summary>Where it lives.</summary>
    Device Device { get; }

    /// <summary>Av, a new tensor.</summary>
    /// <param name="vector">Of <see cref="InputShape"/>, in the operator's type and on its device.</param>
    Tensor Apply(Tensor vector);

    /// <summary>Aᵀu, a new tensor of <see cref="InputShape"/>.</summary>
    /// <param name="vector">Of the shape that <see cref="Apply"/> gives.</param>
    Tensor ApplyTranspose(Tensor vector);

    /// <summary>A number that ‖A‖₂ does not exceed.</summary>
    double Bound();
}

/// <summary>A matrix: a linear layer without its bias.</summary>
/// <param name="Matrix">float32 or float64, m×n.</param>
internal sealed record MatrixOperator(Tensor Matrix) : ILinearOperator
{
    /// <inheritdoc/>
    public long[] InputShape => [Matrix.shape[1]];

    /// <inheritdoc/>
    public Device Device => Matrix.device;

    /// <inheritdoc/>
    public Tensor Apply(Tensor vector) => Matrix.mv(vector);

    /// <inheritdoc/>
    public Tensor ApplyTranspose(Tensor vector)
    {
        using var transposed = Matrix.t();
        return transposed.mv(vector);
    }

    /// <inheritdoc/>
    public double Bound() => GramIteration.Bound(Matrix);
}

/// <summary>
/// What a convolution does to maps of one size: zero padding k/2, its own step, no bias. Not the reshaped weight matrix, whose norm may be up to k times smaller.
/// </summary>
/// <param name="Weight">float32 or float64, cout×cin×k×k.</param>
/// <param name="Stride">Step between windows, from 1.</param>
/// <param name="Height">Rows of the map that comes in.</param>
/// <param name="Width">Columns of the map that comes in.</param>
internal sealed record ConvolutionOperator(Tensor Weight, int Stride, int Height, int Width) : ILinearOperator
{
    /// <inheritdoc/>
    public long[] InputShape => [1, Weight.shape[1], Height, Width];

    /// <inheritdoc/>
    public Device Device => Weight.device;

    /// <summary>Rows of the map that goes out.</summary>
    public int OutputHeight => Outputs(Height, (int)Weight.shape[2]);

    /// <summary>Columns of the map that goes out.</summary>
    public int OutputWidth => Outputs(Width, (int)Weight.shape[3]);

    private (long Rows, long Columns) Padding => (Weight.shape[2] / 2, Weight.shape[3] / 2);

    /// <inheritdoc/>
    public Tensor Apply(Tensor vector) => Convolutions.Of(vector, Weight, null, Stride, Padding);

    /// <inheritdoc/>
    public Tensor ApplyTranspose(Tensor vector) => Convolutions.Transposed(
        vector, Weight, Stride, Padding, (Missing(Height, (int)Weight.shape[2]), Missing(Width, (int)Weight.shape[3])));

    /// <inheritdoc/>
    public double Bound() => TorusBound.Of(this);

    private int Outputs(int inputs, int kernel) => ((inputs + (2 * (kernel / 2)) - kernel) / Stride) + 1;

    /// <summary>Inputs at the far end that no window's last step reaches, which the transpose would leave out.</summary>
    private int Missing(int inputs, int kernel) => inputs - (((Outputs(inputs, kernel) - 1) * Stride) - (2 * (kernel / 2)) + kernel);
}
