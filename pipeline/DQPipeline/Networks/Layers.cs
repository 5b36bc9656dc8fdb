using DQPipeline.Native;
using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>Makes layers with the initialisation of He et al. 2015, drawn on the processor from a generator of its own, so that a seed names a network.</summary>
/// <param name="seed">Names the network.</param>
/// <param name="device">Where the layers live.</param>
/// <param name="most">Numbers that all layers may hold together, weights and running statistics.</param>
internal sealed class LayerFactory(int seed, Device device, long most) : IDisposable
{
    private readonly Generator generator = new((ulong)seed);
    private long left = most;

    /// <summary>A convolution without bias (batch norm brings one), padded so that stride 1 keeps the size. Deviation √(2/(cout·k²)), as Wide ResNet has it.</summary>
    /// <exception cref="InvalidDataException">As for all layers: with it there are more numbers than may be.</exception>
    public Convolution Convolution(int inputs, int outputs, int kernel = 3, int stride = 1)
    {
        Take((long)outputs * inputs * kernel * kernel);
        var layer = new Convolution(empty(outputs, inputs, kernel, kernel, device: device), stride);
        Fill(layer.Weight, Math.Sqrt(2.0 / ((double)outputs * kernel * kernel)));
        return layer;
    }

    /// <summary>A linear layer with bias 0. Deviation √(1/cin): no ReLU follows.</summary>
    public Linear Linear(int inputs, int outputs)
    {
        Take(((long)inputs * outputs) + outputs);
        var layer = nn.Linear(inputs, outputs, device: device);
        Fill(layer.weight!, Math.Sqrt(1.0 / inputs));
        using var guard = no_grad();
        layer.bias!.zero_();
        return layer;
    }

    /// <summary>Batch norm with the activation after it.</summary>
    public NormalizedActivation Norm(int channels, BoundedActivation activation)
    {
        TakeNorm(channels);
        return new(channels, activation, device);
    }

    /// <summary>Batch norm alone.</summary>
    public BatchNormalization Norm(int channels)
    {
        TakeNorm(channels);
        return new(channels, device);
    }

    /// <summary>What joins the branches of a residual block: see <see cref="NetworkDescription.Residual"/>.</summary>
    public ResidualSum Sum(NetworkDescription description)
    {
        var convex = description.Residual == "convex";
        Take(convex ? 2 : 0);
        return new(convex, device);
    }

    /// <inheritdoc/>
    public void Dispose() => generator.Dispose();

    /// <summary>γ, β, mean and variance of each channel.</summary>
    private void TakeNorm(int channels) => Take(4L * channels);

    /// <summary>Counts numbers before there is memory for them.</summary>
    private void Take(long numbers)
    {
        left -= numbers;
        if (left < 0)
            throw new InvalidDataException("the network that it describes is larger than what it holds");
    }

    private void Fill(Tensor weight, double deviation)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        weight.copy_(randn(weight.shape, generator: generator).mul_(Number.Of(deviation)));
    }
}
