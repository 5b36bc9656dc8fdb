using DQPipeline.Evaluation;
using DQPipeline.Native;
using DQPipeline.Networks;
using DQPipeline.Quantization;
using static TorchSharp.torch;
using Linear = TorchSharp.Modules.Linear;

namespace DQPipeline.Lipschitz;

/// <summary>
/// Carries bounds from the image to the logits. A convolution waits for what takes its output: a batch norm is folded into it, so that the norm is that of diag(γ/√(σ²+ε))·A and not the product of the two
/// norms; anything else gets the convolution as it is.
/// </summary>
internal sealed class LipschitzWalk(double tolerance, int seed, Action<string>? onLayer, CancellationToken cancellation) : ILayerVisitor
{
    private readonly List<Map> maps = [];
    private readonly List<LayerConstant> layers = [];
    private (double Bound, double Estimate, double Logits, double LogitEstimate) end;
    private double[] distances = [];
    private int classes;

    /// <summary>The account, after the walk.</summary>
    public LipschitzAccount Account() => new(layers, end.Bound, end.LogitEstimate, end.Logits, distances, classes);

    /// <inheritdoc/>
    public int Image(NetworkDescription description) =>
        Exact(new(description.Height, description.Width, 1, 1), "image", "input", NetworkDescription.InputScale);

    /// <inheritdoc/>
    public int Convolve(int input, string name, Convolution convolution)
    {
        var given = Resolved(input);
        var weight = convolution.Weight.to(ScalarType.Float64);
        if (convolution.Factor is { } factor)
            weight = weight.mul(factor().to(ScalarType.Float64));
        var operation = new ConvolutionOperator(weight, convolution.Stride, given.Height, given.Width);
        maps.Add(given with { Height = operation.OutputHeight, Width = operation.OutputWidth, Waiting = new(name, operation) });
        return maps.Count - 1;
    }

    /// <inheritdoc/>
    public int Normalize(int input, string name, BatchNormalization norm, Tensor? factor = null)
    {
        var gain = norm.Weight.to(ScalarType.Float64) / norm.RunningVariance.to(ScalarType.Float64).add(Number.Of(BatchNormalization.Epsilon), Number.One).sqrt();
        if (factor is not null)
            gain = gain.mul(factor.to(ScalarType.Float64));
        if (maps[input].Waiting is not { } waiting)
            return Exact(maps[input], name, "batch norm", gain.abs().max().item<double>());
        var folded = waiting.Operation with { Weight = waiting.Operation.Weight.mul(gain.reshape(-1, 1, 1, 1)) };
        return Measured(maps[input] with { Waiting = null }, waiting.Name, "folded convolution", folded);
    }

    /// <inheritdoc/>
    public int Activate(int input, string name, BoundedActivation activation) => Exact(Resolved(input), name, "activation", 1);

    /// <inheritdoc/>
    public int Pool(int input, string name)
    {
        var given = Resolved(input);
        return Exact(given with { Height = given.Height / 2, Width = given.Width / 2 }, name, "max pool", 1);
    }

    /// <inheritdoc/>
    public int Sum(int shortcut, Tensor? factor, int residual, string name)
    {
        var (straight, around) = (Resolved(shortcut), Resolved(residual));
        var share = factor is null ? 1 : Math.Abs(factor.to(ScalarType.Float64).item<double>());
        var joined = around with { Bound = (share * straight.Bound) + around.Bound, Estimate = (share * straight.Estimate) + around.Estimate };
        layers.Add(new(name, "sum", null, 0, 0, null, joined.Bound));
        return Add(joined);
    }

    /// <inheritdoc/>
    public void Head(int input, string name, Linear linear)
    {
        var given = Resolved(input);
        // Each channel becomes 1ᵀx/(H·W), whose norm is 1/√(H·W); channels do not meet.
        var features = maps[Exact(given, "average", "average pool", 1 / Math.Sqrt((double)given.Height * given.Width))];
        var weight = linear.weight!.to(ScalarType.Float64);
        var logits = maps[Measured(features, name, "linear", new MatrixOperator(weight))];
        end = (features.Bound, features.Estimate, logits.Bound, logits.Estimate);
        classes = (int)weight.shape[0];
        var difference = weight.unsqueeze(0).sub(weight.unsqueeze(1));
        distances = Predictor.ToArray<double>(difference.mul(difference).sum(2).sqrt());
    }

    private Map Resolved(int index)
    {
        if (maps[index].Waiting is { } waiting)
            maps[index] = maps[Measured(maps[index] with { Waiting = null }, waiting.Name, "convolution", waiting.Operation)];
        return maps[index];
    }

    /// <summary>A layer whose norm is measured; its shape is that of the map that it makes.</summary>
    private int Measured(Map given, string name, string kind, ILinearOperator operation)
    {
        onLayer?.Invoke(name);
        // Each layer has a start of its own.
        var (estimate, iterations, residual) = PowerIteration.Run(operation, tolerance, unchecked((seed * 1009) + layers.Count) & int.MaxValue, cancellation);
        var bound = operation.Bound();
        var to = given with { Bound = given.Bound * bound, Estimate = given.Estimate * estimate };
        layers.Add(new(name, kind, estimate, iterations, residual, bound, to.Bound));
        return Add(to);
    }

    /// <summary>A layer whose norm is known.</summary>
    private int Exact(Map given, string name, string kind, double norm)
    {
        var to = given with { Bound = given.Bound * norm, Estimate = given.Estimate * norm };
        layers.Add(new(name, kind, norm, 0, 0, norm, to.Bound));
        return Add(to);
    }

    private int Add(Map map)
    {
        maps.Add(map);
        return maps.Count - 1;
    }

    /// <summary>A feature map, as a function of the image.</summary>
    /// <param name="Height">Rows.</param>
    /// <param name="Width">Columns.</param>
    /// <param name="Bound">What its Lipschitz constant does not exceed; of what a waiting convolution is given, where there is one.</param>
    /// <param name="Estimate">The same from estimates.</param>
    /// <param name="Waiting">The convolution that makes the map and was not measured yet.</param>
    private readonly record struct Map(int Height, int Width, double Bound, double Estimate, Waiting? Waiting = null);

    private sealed record Waiting(string Name, ConvolutionOperator Operation);
}
