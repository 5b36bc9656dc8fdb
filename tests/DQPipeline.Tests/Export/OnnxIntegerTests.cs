using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Networks;
using DQPipeline.Onnx;
using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Inference;
using DQPipeline.Onnx.Quantization;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Export;

/// <summary>Files in integer arithmetic against the network that they were made from.</summary>
public class OnnxIntegerTests
{
    /// <summary>
    /// With weights that signed bytes hold exactly, nothing is lost but at rounding boundaries: the integer arithmetic is that of the network. Weights in full precision cost more,
    /// and the more the fewer levels an activation has: a value that falls to the other side of a boundary then falls further.
    /// </summary>
    [Theory]
    [InlineData("relu6", 1)]
    [InlineData("relu6", 2)]
    [InlineData("relu6", 4)]
    [InlineData("relu1", 4)]
    [InlineData("relu6", 8)]
    [InlineData("tanh", 3)]
    public void With_weights_that_bytes_hold_exactly_the_labels_stay(string activation, int bits)
    {
        using var scope = NewDisposeScope();
        using var model = Deployed.Trained(new() { Kind = activation, Bits = bits });
        var graph = Snapped(LayerGraphs.Of(model));
        var words = Deployed.Words(model);
        using var floats = DeployedModel.Load(OnnxExport.Float(graph, words), "float");
        using var integer = DeployedModel.Load(OnnxExport.Integer(graph, Calibrated(graph, 200), words), "integer");
        var images = Deployed.Textures(600);
        Assert.InRange(Deployed.Agreement(Deployed.Run(floats, images), Deployed.Run(integer, images)), 0.995, 1);
    }

    /// <summary>
    /// A training that ends with 8-bit weights ends with the integer model: the sums are the same numbers, so that hardly a value falls to another level, though levels of few
    /// bits are far apart. The mean difference, not the largest: torch's own float rounding decides about a value that lies on a boundary.
    /// </summary>
    [Theory]
    [InlineData("relu6", 1)]
    [InlineData("relu6", 2)]
    [InlineData("relu6", 4)]
    [InlineData("relu1", 4)]
    [InlineData("relu2.5", 2)]
    [InlineData("relu6", 8)]
    [InlineData("tanh", 3)]
    public void A_network_with_weights_of_eight_bits_is_its_integer_model(string activation, int bits)
    {
        using var scope = NewDisposeScope();
        using var model = Deployed.Trained(new() { Kind = activation, Bits = bits });
        DQPipeline.Training.WeightGrid.Round(model);
        using var deployed = DeployedModel.Load(OnnxExport.Integer(LayerGraphs.Of(model), CalibrationResult.None, Deployed.Words(model)), "test");
        var (expected, found) = Deployed.TextureLogits(model, deployed, images: 600);
        Assert.InRange(Deployed.Agreement(expected, found), 0.998, 1);
        // Of tanh itself the two libraries have different last bits.
        if (activation != "tanh")
            Assert.InRange(expected.Zip(found, (a, b) => Math.Abs(a - b)).Average(), 0, 1e-3 * expected.Average(Math.Abs));
    }

    [Theory]
    [InlineData("relu6", 4)]
    [InlineData("relu1", 4)]
    [InlineData("relu6", 8)]
    [InlineData("tanh", 8)]
    [InlineData("relu6", ActivationDeclaration.FullPrecision)]
    [InlineData("tanh", ActivationDeclaration.FullPrecision)]
    public void A_trained_network_keeps_its_labels(string activation, int bits)
    {
        using var scope = NewDisposeScope();
        using var model = Deployed.Trained(new() { Kind = activation, Bits = bits });
        using var deployed = DeployedModel.Load(Integer(model, Deployed.Textures(200)), "test");
        var (expected, found) = Deployed.TextureLogits(model, deployed, images: 600);
        Assert.InRange(Deployed.Agreement(expected, found), 0.98, 1);
    }

    /// <summary>Eight bits everywhere, in residual sums too, cost little of a logit; the norms of the two differences are those over all images.</summary>
    [Theory]
    [InlineData("wrn-10-1", "sum")]
    [InlineData("wrn-10-1", "convex")]
    [InlineData("resnet-18", "convex")]
    [InlineData("vgg-16", "sum")]
    [InlineData("conv 8 5x5 /2, block 12 /2, conv 12 1x1, maxpool, block 12, linear", "convex")]
    public void Every_kind_of_network_has_an_integer_form(string network, string residual)
    {
        using var scope = NewDisposeScope();
        using var model = Deployed.Network(network, residual, new() { Bits = 8 }, new());
        // The covariances of the large ones would take minutes, and 32 images tell nothing of them.
        using var deployed = DeployedModel.Load(Integer(model, Deployed.Noise(model, 32), nearest: network is "resnet-18" or "vgg-16"), "test");
        var (expected, found) = Deployed.Logits(model, deployed, images: 32);
        var spread = Math.Sqrt(expected.Average(z => z * z));
        var error = Math.Sqrt(expected.Zip(found, (a, b) => (double)(a - b) * (a - b)).Average());
        Assert.InRange(error / spread, 0, 0.1);
    }

    [Fact]
    public void Bytes_in_and_numbers_in_give_the_same_answers()
    {
        using var scope = NewDisposeScope();
        using var model = Deployed.Network("vgg-s", "sum", new() { Bits = 4 }, new() { Bits = 5, Median = 2 });
        var images = Deployed.Noise(model, 16);
        using var floats = DeployedModel.Load(Integer(model, images), "floats");
        using var bytes = DeployedModel.Load(Integer(model, images, takesBytes: true), "bytes");
        Assert.True(bytes.Info.TakesBytes);
        Assert.Equal(Deployed.Run(floats, images), Deployed.Run(bytes, images));
    }

    /// <summary>
    /// Without VNNI two products of an unsigned and a signed byte are added in 16 bits. So a convolution's weights are unsigned, or no two products are larger than that, or they have the zeros
    /// by which a runtime that is asked to be exact can make them unsigned.
    /// </summary>
    [Theory]
    [InlineData("vgg-s", "relu6", 1, false)]
    [InlineData("vgg-s", "relu6", 7, false)]
    [InlineData("vgg-s", "relu6", 8, true)]
    [InlineData("vgg-s", "relu6", 32, true)]
    [InlineData("vgg-s", "tanh", 6, false)]
    [InlineData("vgg-s", "tanh", 7, true)]
    [InlineData("wrn-10-1", "relu6", 4, false)]
    [InlineData("wrn-10-1", "relu6", 8, true)]
    [InlineData("conv 8, maxpool, block 12 /2, linear", "relu6", 2, false)]
    public void No_sum_of_products_saturates_on_processors_without_VNNI(string network, string activation, int bits, bool hasHighBytes)
    {
        using var scope = NewDisposeScope();
        using var model = Deployed.Network(network, "sum", new() { Kind = activation, Bits = bits }, new());
        var file = Integer(model, Deployed.Noise(model, 16), nearest: true);
        var graph = ModelProto.Parser.ParseFrom(file.AsSpan(..^ModelBytes.Seal([]).Length)).Graph;
        var nodes = graph.Node.ToDictionary(node => node.Output[0]);
        var arrays = graph.Initializer.ToDictionary(array => array.Name);
        var highest = new List<int>();
        foreach (var convolution in graph.Node.Where(node => node.OpType == "Conv"))
        {
            var (map, weight) = (nodes[convolution.Input[0]], nodes[convolution.Input[1]]);
            Assert.Equal(("DequantizeLinear", "DequantizeLinear"), (map.OpType, weight.OpType));
            var source = nodes[map.Input[0]];
            while (source.OpType == "MaxPool")
                source = nodes[source.Input[0]];
            var high = source.OpType == "Clip" ? arrays[source.Input[2]].RawData[0] : byte.MaxValue;
            // A tanh of s steps is lowered from s levels to the bytes 0 … 2s.
            if (source is { OpType: "QuantizeLinear" } && nodes.GetValueOrDefault(source.Input[0]) is { OpType: "Sub" })
                high = (byte)(2 * arrays[source.Input[2]].RawData[0]);
            var isImage = source.Input[0] == graph.Input[0].Name;
            var values = arrays[weight.Input[0]];
            Assert.Equal(isImage, values.DataType == (int)TensorProto.Types.DataType.Uint8);
            if (isImage)
            {
                Assert.All(arrays[weight.Input[2]].RawData, zero => Assert.Equal(128, zero));
                continue;
            }

            highest.Add(high);
            if (2 * high * 127 > short.MaxValue)
                Assert.Equal(arrays[weight.Input[1]].Dims, arrays[weight.Input[2]].Dims);
        }

        Assert.Equal(hasHighBytes, highest.Max() > 129);
        Assert.Equal(hasHighBytes, ModelReader.Read(file).Graph.AsksForExactness);
    }

    private static byte[] Integer(Classifier model, float[] images, bool takesBytes = false, bool nearest = false)
    {
        var graph = LayerGraphs.Of(model);
        return OnnxExport.Integer(graph, new Calibration(graph, threads: 2) { RoundsToNearest = nearest }.Run(() => [images]), Deployed.Words(model), takesBytes);
    }

    private static CalibrationResult Calibrated(LayerGraph graph, int images) => new Calibration(graph, threads: 2).Run(() => [Deployed.Textures(images)]);

    /// <summary>All weights at whole multiples of a 127th of their channel's largest, and all biases at whole multiples of the unit in which products are summed.</summary>
    private static LayerGraph Snapped(LayerGraph graph) => graph with
    {
        Layers =
        [
            .. graph.Layers.Select(layer => layer switch
            {
                ConvolutionLayer convolution => Snapped(convolution, Unit(graph, convolution.Input)),
                HeadLayer head => head with { Weight = [.. head.Weight.Chunk(head.Weight.Length / graph.Classes).SelectMany(row => Snapped(row, row.Max(Math.Abs) / 127))] },
                _ => layer,
            }),
        ],
    };

    private static ConvolutionLayer Snapped(ConvolutionLayer layer, float unit)
    {
        var rows = layer.Weight.Chunk(layer.Weight.Length / layer.Outputs).ToArray();
        var steps = Array.ConvertAll(rows, row => row.Max(Math.Abs) / 127);
        return layer with
        {
            Weight = [.. rows.SelectMany((row, c) => Snapped(row, steps[c]))],
            Bias = [.. layer.Bias.SelectMany((bias, c) => Snapped([bias], steps[c] * unit))],
        };
    }

    private static IEnumerable<float> Snapped(float[] values, float step) => values.Select(value => MathF.Round(value / step) * step);

    /// <summary>The distance of neighbouring values of a feature map.</summary>
    private static float Unit(LayerGraph graph, int layer) => graph.Layers[layer] switch
    {
        ActivationLayer { IsTanh: true } tanh => 1f / tanh.Steps,
        ActivationLayer activation => activation.Bound / activation.Steps,
        MaxPoolLayer pool => Unit(graph, pool.Input),
        _ => 4f / 255,
    };
}
