using DQPipeline.Native;
using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>Makes layers with the initialisation of He et al. 2015, drawn on the processor from a generator of its own, so that a seed names a network.</summary>
internal sealed class LayerFactory(int seed, Device device) : IDisposable
{
    private readonly Generator generator = new((ulong)seed);

    /// <summary>A convolution without bias (batch norm brings one), padded so that stride 1 keeps the size. Deviation √(2/(cout·k²)), as Wide ResNet has it.</summary>
    public Convolution Convolution(int inputs, int outputs, int kernel = 3, int stride = 1)
    {
        var layer = new Convolution(empty(outputs, inputs, kernel, kernel, device: device), stride);
        Fill(layer.Weight, Math.Sqrt(2.0 / ((double)outputs * kernel * kernel)));
        return layer;
    }

    /// <summary>A linear layer with bias 0. Deviation √(1/cin): no ReLU follows.</summary>
    public Linear Linear(int inputs, int outputs)
    {
        var layer = nn.Linear(inputs, outputs, device: device);
        Fill(layer.weight!, Math.Sqrt(1.0 / inputs));
        using var guard = no_grad();
        layer.bias!.zero_();
        return layer;
    }

    /// <summary>Batch norm with the activation after it.</summary>
    public NormalizedActivation Norm(int channels, BoundedActivation activation) => new(channels, activation, device);

    /// <summary>Batch norm alone.</summary>
    public BatchNormalization Norm(int channels) => new(channels, device);

    /// <summary>What joins the branches of a residual block: see <see cref="NetworkDescription.Residual"/>.</summary>
    public ResidualSum Sum(NetworkDescription description) => new(description.Residual == "convex", device);

    /// <inheritdoc/>
    public void Dispose() => generator.Dispose();

    private void Fill(Tensor weight, double deviation)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        weight.copy_(randn(weight.shape, generator: generator).mul_(Number.Of(deviation)));
    }
}
