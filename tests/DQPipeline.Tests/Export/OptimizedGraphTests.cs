using DQPipeline.Export;
using DQPipeline.Onnx;
using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Quantization;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Export;

/// <summary>What the runtime makes of an integer file: integer kernels, or all of it was for nothing.</summary>
public sealed class OptimizedGraphTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dq-optimized-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("vgg-s", "sum", 1)]
    [InlineData("vgg-s", "sum", 2)]
    [InlineData("vgg-s", "sum", 4)]
    [InlineData("vgg-s", "sum", 8)]
    [InlineData("vgg-s", "sum", 32)]
    [InlineData("vgg-16", "sum", 4)]
    [InlineData("wrn-10-1", "sum", 4)]
    [InlineData("wrn-10-1", "convex", 1)]
    [InlineData("resnet-18", "convex", 4)]
    public void Every_convolution_is_one_of_integers(string network, string residual, int bits)
    {
        using var scope = NewDisposeScope();
        using var model = Deployed.Network(network, residual, new() { Bits = bits }, new());
        var graph = LayerGraphs.Of(model);
        var images = Deployed.Noise(model, 4);
        foreach (var bytes in new[] { false, true })
        {
            var file = OnnxExport.Integer(graph, new Calibration(graph, threads: 2) { RoundsToNearest = true }.Run(() => [images]), Deployed.Words(model), bytes);
            var operators = Optimized(file).GroupBy(node => node.OpType).ToDictionary(group => group.Key, group => group.Count());
            Assert.DoesNotContain("Conv", operators.Keys);
            Assert.DoesNotContain("FusedConv", operators.Keys);
            Assert.Equal(graph.Layers.Count(layer => layer is ConvolutionLayer), operators["QLinearConv"]);
            Assert.Equal(graph.Layers.Count(layer => layer is SumLayer), operators.GetValueOrDefault("QLinearAdd"));
        }
    }

    private IEnumerable<NodeProto> Optimized(byte[] file)
    {
        var path = Path.Combine(folder, "optimized.onnx");
        using var options = new SessionOptions { OptimizedModelFilePath = path, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_EXTENDED, IntraOpNumThreads = 1 };
        new InferenceSession(file, options).Dispose();
        return ModelProto.Parser.WithDiscardUnknownFields(true).ParseFrom(File.ReadAllBytes(path)).Graph.Node;
    }
}
