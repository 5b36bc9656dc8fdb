using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Quantization;

namespace DQPipeline.Onnx.Tests;

/// <summary>A network of one residual block on 2×6×6 images, which has every kind of layer, and files of it.</summary>
internal static class Small
{
    public static readonly Dictionary<string, string> Words = new() { ["labels"] = """["a","b","c"]""", ["network"] = "small" };

    public static LayerGraph Graph(int steps = 15, int colourBits = 0, int median = 1)
    {
        var random = new Random(4);
        return new(
            [
                new ImageLayer("image", colourBits, median),
                Convolution("conv1", 0, 2, 4, 3, 1),
                new ActivationLayer("norm1", 1, IsTanh: false, 6, steps),
                Convolution("conv2", 2, 4, 4, 3, 1),
                new SumLayer("sum", 2, 0.5f, 3),
                new AffineLayer("norm2.batchnorm", 4, Floats(4, 1), Floats(4, 0)),
                new ActivationLayer("norm2", 5, IsTanh: false, 6, steps),
                new MaxPoolLayer("pool", 6),
                Convolution("conv3", 7, 4, 5, 1, 2),
                new ActivationLayer("norm3", 8, IsTanh: true, 1, steps == 255 ? 255 : 7),
                new HeadLayer("linear", 9, Floats(15, 0), Floats(3, 0)),
            ],
            2, 6, 6, 3);

        ConvolutionLayer Convolution(string name, int input, int inputs, int outputs, int kernel, int stride) =>
            new(name, input, Floats(inputs * outputs * kernel * kernel, 0), Floats(outputs, 0.5f), outputs, inputs, kernel, stride);

        float[] Floats(int count, float mean) => [.. Enumerable.Range(0, count).Select(_ => mean + (random.NextSingle() - 0.5f))];
    }

    public static float[] Images(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count * 72).Select(_ => random.Next(256) / 255f)];
    }

    public static byte[] FloatFile() => OnnxExport.Float(Graph(), Words);

    public static byte[] IntegerFile(bool takesBytes = false)
    {
        var graph = Graph();
        return OnnxExport.Integer(graph, new Calibration(graph, threads: 1).Run(() => [Images(20)]), Words, takesBytes);
    }
}
