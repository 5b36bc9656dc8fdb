using DQPipeline.Native;
using DQPipeline.Networks;
using DQPipeline.Quantization;
using static TorchSharp.torch;
using Linear = TorchSharp.Modules.Linear;

namespace DQPipeline.Training;

/// <summary>
/// Ends a training by bringing each weight onto the 255 evenly spaced values of its output channel that a signed byte holds: k·s with |k| ≤ 127 and s a 127th of the channel's
/// largest weight; and what a batch norm adds to a convolution's sums onto the grid of these sums. Batch norms scale whole channels, so that folding them keeps all of it there:
/// the integer model is then the trained model, and not one close to it.
/// </summary>
/// <remarks>
/// Levels of a few bits make a network chaotic: a value that falls to the other side of a boundary moves many of the next layer's. Measured on vgg-s with 4 bits, CIFAR-10: with
/// weights rounded after the fact 3 % of the labels change, with the first layer's alone nearly as many, and no way of rounding brings that near 0. With the weights on their grid
/// and the shifts beside theirs it is still 1 %. The accuracy hardly changes.
/// </remarks>
internal sealed class WeightGrid : ILayerVisitor
{
    private readonly List<Map> maps = [];

    /// <summary>Rounds all weights of a network and the shifts that belong to them, halves to the even value.</summary>
    public static void Round(Classifier network)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        network.Accept(new WeightGrid());
    }

    /// <inheritdoc/>
    public int Image(NetworkDescription description) => Add(new(NetworkDescription.InputScale / byte.MaxValue));

    /// <inheritdoc/>
    public int Convolve(int input, string name, Convolution convolution)
    {
        var steps = Round(convolution.Weight);
        if (convolution.Factor is { } factor)
            steps = steps.mul(factor());
        return Add(maps[input].Step is { } step ? new(null, steps.to(ScalarType.Float64).mul(Number.Of(step))) : default);
    }

    /// <inheritdoc/>
    public int Normalize(int input, string name, BatchNormalization norm, Tensor? factor = null)
    {
        if (maps[input].Sums is not { } sums)
            return Add(default);
        var scale = norm.Weight.to(ScalarType.Float64) / norm.RunningVariance.to(ScalarType.Float64).add(Number.Of(BatchNormalization.Epsilon), Number.One).sqrt();
        var centre = norm.RunningMean.to(ScalarType.Float64) * scale;
        var unit = scale.abs() * sums;
        // A channel that is multiplied by 0 has no grid.
        unit.masked_fill_(unit.eq(Number.Of(0)), Number.Of(1));
        norm.Bias.copy_(((norm.Bias.to(ScalarType.Float64) - centre) / unit).round_().mul_(unit).add_(centre, Number.One));
        return Add(default);
    }

    /// <inheritdoc/>
    public int Activate(int input, string name, BoundedActivation activation) => Add(activation.Steps == 0 ? default
        : new(activation.IsRectified ? activation.Bound / activation.Steps : 1.0 / activation.Steps));

    /// <inheritdoc/>
    public int Pool(int input, string name) => Add(maps[input]);

    /// <inheritdoc/>
    public int Sum(int shortcut, Tensor? factor, int residual, string name) => Add(default);

    /// <inheritdoc/>
    public void Head(int input, string name, Linear linear) => Round(linear.weight!);

    /// <returns>The step of each channel, float32 C.</returns>
    private static Tensor Round(Tensor weight)
    {
        var rows = weight.reshape(weight.shape[0], -1);
        var step = rows.abs().amax([1], keepdim: true).div_(Number.Of(sbyte.MaxValue));
        // A channel of zeros stays one.
        step.masked_fill_(step.eq(Number.Of(0)), Number.Of(1));
        weight.copy_(rows.div(step).round_().mul_(step).reshape(weight.shape));
        return step.reshape(-1);
    }

    private int Add(Map map)
    {
        maps.Add(map);
        return maps.Count - 1;
    }

    /// <summary>A feature map.</summary>
    /// <param name="Step">The distance of its levels; null where they are not known before data are seen.</param>
    /// <param name="Sums">Of a convolution's sums: the distance of the values that they can take, float64 C.</param>
    private readonly record struct Map(double? Step, Tensor? Sums = null);
}
