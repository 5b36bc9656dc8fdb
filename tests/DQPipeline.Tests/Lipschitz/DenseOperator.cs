using DQPipeline.Lipschitz;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Lipschitz;

/// <summary>The truth about an operator: its matrix, built column by column from unit vectors, and the singular values of that.</summary>
internal static class DenseOperator
{
    /// <summary>What a convolution of the given padding does to every unit image, as a matrix; by torch's convolution alone, with nothing of ours.</summary>
    public static Tensor Of(Tensor weight, int stride, int height, int width)
    {
        var inputs = weight.shape[1] * height * width;
        var units = eye(inputs, dtype: ScalarType.Float64).reshape(inputs, weight.shape[1], height, width);
        return nn.functional.conv2d(units, weight, strides: [stride, stride], padding: [weight.shape[2] / 2, weight.shape[3] / 2]).flatten(1).t();
    }

    public static Tensor Of(ConvolutionOperator operation) => Of(operation.Weight, operation.Stride, operation.Height, operation.Width);

    public static double Norm(Tensor matrix) => linalg.svdvals(matrix).max().item<double>();

    /// <summary>A convolution in float64 with weights drawn from N(0, 1) and, for some seeds, a mean, so that low frequencies dominate.</summary>
    public static ConvolutionOperator Draw(int outputs, int inputs, int kernel, int stride, int height, int width, int seed)
    {
        using var generator = new Generator((ulong)seed);
        var weight = randn([outputs, inputs, kernel, kernel], dtype: ScalarType.Float64, generator: generator);
        return new(seed % 3 == 0 ? weight + 1 : weight, stride, height, width);
    }
}
