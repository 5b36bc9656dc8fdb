using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Lipschitz;

/// <summary>
/// The largest singular value σ of an operator A by power iteration on AᵀA: v ← AᵀAv/‖AᵀAv‖. Each √‖AᵀAv‖ of a unit v is a lower bound of σ, and they rise to it. What is never
/// known is how far they still have to rise, so that a certificate may not rest on them (<see cref="ILinearOperator.Bound"/> is for that).
/// </summary>
internal static class PowerIteration
{
    /// <summary>After so many iterations the estimate is taken as it is; its residual says what it is worth.</summary>
    public const int MaxIterations = 500;

    /// <summary>A unit vector to start from, drawn from the seed on the processor.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="seed">From 0.</param>
    /// <param name="type">float32 or float64.</param>
    /// <param name="device">Where it is to live.</param>
    public static Tensor Start(long[] shape, int seed, ScalarType type, Device device)
    {
        using var generator = new Generator((ulong)seed);
        using var scope = NewDisposeScope();
        var drawn = randn(shape, dtype: ScalarType.Float64, generator: generator);
        return drawn.div_(drawn.norm()).to(type).to(device).MoveToOuterDisposeScope();
    }

    /// <summary>One iteration.</summary>
    /// <param name="operation">A.</param>
    /// <param name="vector">A unit vector; the next one is put in its place. It stays where A makes it zero.</param>
    /// <returns>√‖AᵀAv‖ ≤ σ, a scalar in the current scope.</returns>
    public static Tensor Step(ILinearOperator operation, Tensor vector)
    {
        using var scope = NewDisposeScope();
        var next = operation.ApplyTranspose(operation.Apply(vector));
        var length = next.norm();
        vector.copy_(where(length.gt(Number.Of(0)), next.div(length), vector));
        return length.sqrt().MoveToOuterDisposeScope();
    }

    /// <summary>Iterates until ‖AᵀAv − λv‖ ≤ tolerance·λ with λ = vᵀAᵀAv, from where some singular value lies within about tolerance/2 of √λ, relatively.</summary>
    /// <param name="operation">A in float64.</param>
    /// <param name="tolerance">Above 0.</param>
    /// <param name="seed">Seed of the start, from 0.</param>
    /// <param name="cancellation">Checked at each iteration.</param>
    /// <returns>The estimate, the iterations that it took, and the residual ‖AᵀAv − λv‖/λ at their end.</returns>
    public static (double Estimate, int Iterations, double Residual) Run(ILinearOperator operation, double tolerance, int seed, CancellationToken cancellation)
    {
        using var outer = NewDisposeScope();
        var vector = Start(operation.InputShape, seed, ScalarType.Float64, operation.Device);
        for (var iteration = 1; ; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var next = operation.ApplyTranspose(operation.Apply(vector));
            var length = next.norm();
            var value = vector.mul(next).sum();
            var (norm, quotient) = (length.item<double>(), value.item<double>());
            if (norm == 0)
                return (0, iteration, 0);
            var residual = next.sub(vector.mul(value)).norm().item<double>() / quotient;
            if (residual <= tolerance || iteration == MaxIterations)
                return (Math.Sqrt(norm), iteration, residual);
            vector.copy_(next.div_(length));
        }
    }
}
