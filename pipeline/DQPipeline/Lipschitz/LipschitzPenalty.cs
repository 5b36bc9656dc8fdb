using static TorchSharp.torch;

namespace DQPipeline.Lipschitz;

/// <summary>
/// The Lipschitz penalty (β/2)·Σ‖WᵀW − I‖²_F over weight matrices W (paper equation 8), a convolution taken as cout × cin·k·k. It pulls all singular
/// values to 1, so that no layer expands the noise that an attack puts in.
/// </summary>
/// <remarks>
/// With W of m rows and n columns, ‖WᵀW − I_n‖² = ‖WWᵀ − I_m‖² + (n − m): the smaller of the two Gram matrices gives the same value and gradient
/// for as little as (m/n)² of the work. The gradient 2β·W(WᵀW − I) is written down and not left to autograd, which would keep and
/// walk a graph for what is one product of matrices.
/// </remarks>
/// <param name="beta">β, at least 0.</param>
public sealed class LipschitzPenalty(double beta)
{
    /// <summary>β, the weight of the penalty; 0 is none.</summary>
    public double Beta { get; } = beta >= 0 ? beta : throw new ArgumentOutOfRangeException(nameof(beta), beta, "β is at least 0.");

    /// <summary>The penalty's value.</summary>
    /// <param name="matrices">Weights, two-dimensional or cout×cin×k×k.</param>
    /// <returns>A scalar without gradient.</returns>
    public Tensor Value(IReadOnlyList<Tensor> matrices) => Walk(matrices, (_, _, _) => { });

    /// <summary>Adds the penalty's gradient to the <c>grad</c> of every weight, which <c>backward</c> must have filled before.</summary>
    /// <param name="matrices">Weights, two-dimensional or cout×cin×k×k, each with a gradient.</param>
    /// <returns>The penalty's value, a scalar without gradient.</returns>
    /// <exception cref="InvalidOperationException">A weight has no gradient yet.</exception>
    public Tensor AddGradient(IReadOnlyList<Tensor> matrices) => Walk(matrices, (weight, matrix, excess) =>
    {
        var gradient = (weight.grad ?? throw new InvalidOperationException("The penalty's gradient is added to one that backward has filled.")).view(matrix.shape);
        // TorchSharp's addmm_ takes its factor as a float, so the smaller operand is scaled instead.
        excess.mul_(2 * Beta);
        if (IsWide(matrix))
            gradient.addmm_(excess, matrix, beta: 1, alpha: 1);
        else
            gradient.addmm_(matrix, excess, beta: 1, alpha: 1);
    });

    private static bool IsWide(Tensor matrix) => matrix.shape[0] <= matrix.shape[1];

    /// <summary>Sums over the matrices and shows each with its Gram matrix less the identity.</summary>
    private Tensor Walk(IReadOnlyList<Tensor> matrices, Action<Tensor, Tensor, Tensor> visit)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var sum = zeros([], dtype: matrices[0].dtype, device: matrices[0].device);
        foreach (var weight in matrices)
        {
            var matrix = weight.view(weight.shape[0], -1);
            var excess = IsWide(matrix) ? matrix.mm(matrix.t()) : matrix.t().mm(matrix);
            excess.diagonal().sub_(1);
            sum.add_(excess.square().sum());
            if (IsWide(matrix))
                sum.add_(matrix.shape[1] - matrix.shape[0]);
            visit(weight, matrix, excess);
        }

        return sum.mul_(Beta / 2).MoveToOuterDisposeScope();
    }
}
