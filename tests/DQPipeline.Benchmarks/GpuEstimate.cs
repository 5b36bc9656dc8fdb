using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Training;
using static TorchSharp.torch;

namespace DQPipeline.Benchmarks;

/// <summary>
/// What an epoch of a network would take on GPUs that are not here: an estimate from operations and bytes, and nothing measured. Operations and sizes are those of the layers as they run
/// on one image; what a GPU reaches of its data sheet is an assumption, printed with the figures.
/// </summary>
internal static class GpuEstimate
{
    /// <summary>Of the peak of the matrix units, what 3×3 convolutions of these sizes reach.</summary>
    private const double OfPeak = 0.4;

    /// <summary>Of the memory's speed, what passes over large maps reach.</summary>
    private const double OfBandwidth = 0.8;

    /// <summary>
    /// Maps read or written by torch's operators in one activation: batch norm 3, bound 2, quantizer in place 3 × 2; backwards bound 3, batch norm 5.
    /// </summary>
    private const int ActivationPasses = 19;

    /// <summary>Maps read or written where a residual branch ends: 3 forward; backwards the branches' gradients weighed and summed, 5.</summary>
    private const int SumPasses = 8;

    /// <summary>Maps kept for the gradients of an activation and the convolution behind it: the batch norm's input, the bound's, the convolution's.</summary>
    private const int KeptMaps = 3;

    /// <summary>Dense peak of the matrix units in bfloat16 and TF32 (operations a second), bytes a second: the makers' data sheets.</summary>
    private static readonly (string Name, double Half, double Single, double Bandwidth)[] Devices =
    [
        ("GeForce RTX 4090", 165e12, 82.6e12, 1.008e12),
        ("A100 SXM 80 GB", 312e12, 156e12, 2.039e12),
        ("H200 SXM", 989e12, 494.5e12, 4.8e12),
    ];

    public static int Run(string network, int batch, int images)
    {
        var work = Count(network);
        var convolutions = 6 * work.Products * batch;
        Console.WriteLine($"{network}, 32×32 RGB, batch {batch}, quantized activations, {images:N0} images an epoch: an estimate, nothing here ran on a GPU.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd}; assumed: {OfPeak:P0} of the matrix units' peak in convolutions, {OfBandwidth:P0} of the bandwidth in all other passes, one after the other."));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{work.Parameters / 1e6:F2} M parameters; an image: {work.Products / 1e9:F2} G multiplications and additions forward, {work.Activated / 1e6:F2} M activations, {work.Summed / 1e6:F2} M sums."));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A step: {convolutions / 1e12:F2} T operations in convolutions (forward, gradients of input and weight)."));
        Console.WriteLine("Not counted: launches of kernels, which bound small networks, and the working memory of convolutions.");
        Console.WriteLine();
        Console.WriteLine("| GPU | precision | step, ms | of it convolutions | epoch, s | memory, GiB |");
        Console.WriteLine("| --- | --- | ---: | ---: | ---: | ---: |");
        foreach (var device in Devices)
        {
            foreach (var (precision, bytes, peak) in new[] { ("float32 (TF32)", 4, device.Single), ("bfloat16", 2, device.Half) })
            {
                var arithmetic = convolutions / (peak * OfPeak);
                // The optimizer reads gradient, weight and momentum, and writes the last two and the cleared gradient.
                var moved = batch * bytes * ((ActivationPasses * work.Activated) + (SumPasses * work.Summed)) + (6.0 * 4 * work.Parameters);
                var step = arithmetic + (moved / (device.Bandwidth * OfBandwidth));
                var memory = (3.0 * 4 * work.Parameters) + (KeptMaps * work.Activated * batch * bytes);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {device.Name} | {precision} | {step * 1000:F0} | {arithmetic / step:P0} | {step * images / batch:F0} | {memory / (1 << 30):F1} |"));
            }
        }

        return 0;
    }

    /// <summary>Counts by hooks on a network of the real size that sees one image.</summary>
    private static (double Products, double Activated, double Summed, double Parameters) Count(string network)
    {
        var declaration = new TrainDeclaration { Name = "estimate", Network = network, Activation = new ActivationDeclaration { Bits = 4 } };
        var description = new NetworkDescription(network, declaration.Activation, 3, 32, 32, [.. Enumerable.Range(0, 10).Select(i => $"{i}")]);
        using var state = new TrainingState(description, declaration, CPU);
        var (products, activated, summed) = (0.0, 0.0, 0.0);
        foreach (var (_, module) in state.Network.named_modules())
        {
            switch (module)
            {
                case Convolution convolution:
                    convolution.register_forward_hook((_, _, output) =>
                    {
                        // Every output is a sum over a filter.
                        products += output.NumberOfElements * convolution.Weight.NumberOfElements / (double)convolution.Weight.shape[0];
                        return output;
                    });
                    break;
                case NormalizedActivation activation:
                    activation.register_forward_hook((_, _, output) =>
                    {
                        activated += output.NumberOfElements;
                        return output;
                    });
                    break;
                case ResidualBlock block:
                    block.register_forward_hook((_, _, output) =>
                    {
                        summed += output.NumberOfElements;
                        return output;
                    });
                    break;
                case BasicBlock block:
                    block.register_forward_hook((_, _, output) =>
                    {
                        // Its sum has an activation of its own.
                        summed += output.NumberOfElements;
                        activated += output.NumberOfElements;
                        return output;
                    });
                    break;
            }
        }

        using var scope = NewDisposeScope();
        using var guard = no_grad();
        state.Network.eval();
        state.Network.forward(zeros(1, 3, 32, 32));
        return (products, activated, summed, state.Network.parameters().Sum(p => (double)p.NumberOfElements));
    }
}
