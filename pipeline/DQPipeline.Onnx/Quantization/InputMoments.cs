using System.Numerics.Tensors;
using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Inference;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace DQPipeline.Onnx.Quantization;

/// <summary>Mean and covariance of what a layer's weights meet: the windows of a convolution, or the pooled channels of the linear layer.</summary>
internal sealed class InputMoments : IDisposable
{
    /// <summary>Windows of an image that are looked at; neighbours tell nearly the same.</summary>
    private const int WindowsPerImage = 64;

    /// <summary>Rows of one matrix product.</summary>
    private const int Rows = 1024;

    private const string Input = "a";
    private const string Output = "gram";

    private readonly int size;
    private readonly Random random = new(2019);
    private readonly float[] rows;
    private readonly double[] sum;
    private readonly double[] gram;
    private readonly InferenceSession product;
    private int filled;
    private long count;

    /// <summary>Empty moments of vectors.</summary>
    /// <param name="size">Length of a vector; the covariance has its square, of which <see cref="Calibration.CovarianceRoom"/> says whether there is room.</param>
    /// <param name="threads">Processor threads.</param>
    public InputMoments(int size, int threads)
    {
        this.size = size;
        (rows, sum, gram) = (new float[(long)Rows * size], new double[size], new double[(long)size * size]);
        using var options = RuntimeSettings.Of(threads);
        product = new(Product(size), options);
    }

    /// <summary>Adds windows of a batch of feature maps.</summary>
    /// <param name="shape">N, C, H, W.</param>
    /// <param name="maps">The maps.</param>
    /// <param name="kernel">Side of a window, odd; beyond the edges there are zeros.</param>
    /// <param name="stride">Step between windows.</param>
    public void AddWindows(ReadOnlySpan<long> shape, ReadOnlySpan<float> maps, int kernel, int stride)
    {
        var (images, channels, height, width) = ((int)shape[0], (int)shape[1], (int)shape[2], (int)shape[3]);
        var (down, across) = ((height + stride - 1) / stride, (width + stride - 1) / stride);
        for (var image = 0; image < images; image++)
        {
            var map = maps.Slice(image * channels * height * width, channels * height * width);
            var all = down * across <= WindowsPerImage;
            for (var i = 0; i < Math.Min(WindowsPerImage, down * across); i++)
            {
                var place = all ? i : random.Next(down * across);
                Window(map, (channels, height, width), place / across * stride, place % across * stride, kernel, Next());
            }
        }
    }

    /// <summary>Adds the mean of each channel over all pixels.</summary>
    /// <param name="shape">N, C, H, W.</param>
    /// <param name="maps">The maps.</param>
    public void AddMeans(ReadOnlySpan<long> shape, ReadOnlySpan<float> maps)
    {
        var pixels = (int)(shape[2] * shape[3]);
        for (var image = 0; image < shape[0]; image++)
        {
            var row = Next();
            for (var channel = 0; channel < size; channel++)
                row[channel] = TensorPrimitives.Sum(maps.Slice(((image * size) + channel) * pixels, pixels)) / pixels;
        }
    }

    /// <summary>The mean vector and the covariance matrix, size×size.</summary>
    public (double[] Mean, double[] Covariance) Result()
    {
        Multiply();
        var mean = Array.ConvertAll(sum, value => value / Math.Max(count, 1));
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
                gram[(i * size) + j] = (gram[(i * size) + j] / Math.Max(count, 1)) - (mean[i] * mean[j]);
        }

        return (mean, gram);
    }

    /// <inheritdoc/>
    public void Dispose() => product.Dispose();

    private static void Window(ReadOnlySpan<float> map, (int Channels, int Height, int Width) of, int top, int left, int kernel, Span<float> row)
    {
        var at = 0;
        for (var channel = 0; channel < of.Channels; channel++)
        {
            for (var y = top - (kernel / 2); y <= top + (kernel / 2); y++)
            {
                for (var x = left - (kernel / 2); x <= left + (kernel / 2); x++)
                    row[at++] = y >= 0 && y < of.Height && x >= 0 && x < of.Width ? map[(((channel * of.Height) + y) * of.Width) + x] : 0;
            }
        }
    }

    /// <summary>AᵀA as a network of two nodes: the runtime has the fastest matrix product at hand.</summary>
    private static byte[] Product(int size)
    {
        var writer = new GraphWriter();
        writer.Input(Input, TensorProto.Types.DataType.Float, size);
        writer.Node(Output, "MatMul", [writer.Node("transposed", "Transpose", [Input], GraphWriter.Wholes("perm", 1, 0)), Input]);
        writer.Graph.Output.Add(new ValueInfoProto { Name = Output, Type = new() { TensorType = new() { ElemType = (int)TensorProto.Types.DataType.Float } } });
        var model = new ModelProto { IrVersion = GraphWriter.IrVersion, Graph = writer.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = GraphWriter.Opset });
        return model.ToByteArray();
    }

    private Span<float> Next()
    {
        if (filled == Rows)
            Multiply();
        return rows.AsSpan(filled++ * size, size);
    }

    private void Multiply()
    {
        if (filled == 0)
            return;
        for (var row = 0; row < filled; row++)
        {
            for (var i = 0; i < size; i++)
                sum[i] += rows[(row * size) + i];
        }

        using var options = new RunOptions();
        using var a = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, rows.AsMemory(0, filled * size), [filled, size]);
        using var results = product.Run(options, [Input], [a], [Output]);
        var part = results[0].GetTensorDataAsSpan<float>();
        for (var i = 0; i < part.Length; i++)
            gram[i] += part[i];
        count += filled;
        filled = 0;
    }
}
