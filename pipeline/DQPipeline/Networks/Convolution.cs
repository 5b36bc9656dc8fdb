using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// A convolution without bias (batch norm brings one), computed in the type of what comes in: the weight is kept in float32, and a bfloat16 map
/// meets a rounded copy of it. Products are summed in float32 either way.
/// </summary>
public sealed class Convolution : nn.Module<Tensor, Tensor>
{
    private readonly (long Rows, long Columns) padding;

    /// <summary>A layer around a weight.</summary>
    /// <param name="weight">float32 cout×cin×k×k; the layer takes it over.</param>
    /// <param name="stride">Step between windows, 1 or more. Padding is k/2, so that stride 1 keeps the size of an odd k.</param>
    internal Convolution(Tensor weight, int stride) : base(nameof(Convolution))
    {
        var parameter = new Parameter(weight);
        register_parameter("weight", parameter);
        Stride = stride;
        padding = (parameter.shape[2] / 2, parameter.shape[3] / 2);
    }

    /// <summary>float32 cout×cin×k×k. Looked up each time and not kept: to() registers a new one in its place.</summary>
    public Parameter Weight => get_parameter("weight")!;

    /// <summary>Step between windows.</summary>
    public int Stride { get; }

    /// <summary>Gives a scalar tensor that the weight is multiplied by, with a gradient of its own; null where there is none.</summary>
    internal Func<Tensor>? Factor { get; set; }

    /// <summary>N×cin×H×W to N×cout×H/stride×W/stride, of the type and layout that come in.</summary>
    public override Tensor forward(Tensor input)
    {
        if (Factor is null)
            return With(Weight, input);
        using var factor = Factor();
        using var weight = Weight.mul(factor);
        return With(weight, input);
    }

    private Tensor With(Tensor weight, Tensor input)
    {
        if (input.dtype == weight.dtype)
            return Convolutions.Of(input, weight, null, Stride, padding);
        using var rounded = weight.to(input.dtype);
        return Convolutions.Of(input, rounded, null, Stride, padding);
    }
}
