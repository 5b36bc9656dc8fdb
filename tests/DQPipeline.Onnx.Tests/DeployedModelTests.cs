using DQPipeline.Declarations;
using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Onnx.Inference;

namespace DQPipeline.Onnx.Tests;

public class DeployedModelTests
{
    private static float[] Run(DeployedModel model, float[] images)
    {
        var logits = new float[images.Length / model.Info.ImageSize * model.Info.Labels.Count];
        model.Run(images, logits);
        return logits;
    }

    [Fact]
    public void It_says_what_it_is()
    {
        using var model = DeployedModel.Load(Small.IntegerFile(takesBytes: true), "small");
        Assert.Equal((2, 6, 6, true, true), (model.Info.Channels, model.Info.Height, model.Info.Width, model.Info.TakesBytes, model.Info.IsInteger));
        Assert.Equal(["a", "b", "c"], model.Info.Labels);
        Assert.Equal("small", model.Info.Metadata["network"]);
        using var floats = DeployedModel.Load(Small.FloatFile(), "small");
        Assert.False(floats.Info.IsInteger || floats.Info.TakesBytes);
    }

    [Fact]
    public void The_same_model_gives_the_same_bytes() => Assert.Equal(Small.IntegerFile(), Small.IntegerFile());

    /// <summary>But for the last bits of a logit: how many images there are decides in what order a product's terms are added.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void Batches_do_not_change_an_answer(int batch)
    {
        var images = Small.Images(65);
        using var whole = DeployedModel.Load(Small.IntegerFile(), "small", new() { BatchSize = 65, Threads = 1 });
        using var cut = DeployedModel.Load(Small.IntegerFile(), "small", new() { BatchSize = batch, Threads = 1 });
        Assert.Equal(Run(whole, images), Run(cut, images), (one, other) => Math.Abs(one - other) < 1e-6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pixels_and_numbers_give_the_same_answers(bool takesBytes)
    {
        using var model = DeployedModel.Load(Small.IntegerFile(takesBytes), "small");
        var images = Small.Images(10);
        var logits = new float[30];
        model.Run(Array.ConvertAll(images, value => (byte)MathF.Round(value * 255)), logits);
        Assert.Equal(Run(model, images), logits);
    }

    [Fact]
    public void Probabilities_are_those_of_the_definition()
    {
        using var model = DeployedModel.Load(Small.FloatFile(), "small");
        float[] logits = [1, 2, 3, 1000, 1000, -1000];
        model.Probabilities(logits);
        var sum = Math.Exp(1) + Math.Exp(2) + Math.Exp(3);
        Assert.Equal([Math.Exp(1) / sum, Math.Exp(2) / sum, Math.Exp(3) / sum, 0.5, 0.5, 0], logits.Select(p => (double)p), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public async Task Several_threads_may_ask_at_once()
    {
        using var model = DeployedModel.Load(Small.IntegerFile(), "small", new() { Threads = 1 });
        var images = Small.Images(40);
        var expected = Run(model, images);
        var found = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, 20).Select(_ => Run(model, images)).Last())));
        Assert.All(found, logits => Assert.Equal(expected, logits));
    }

    [Fact]
    public void What_is_no_batch_of_images_is_refused()
    {
        using var model = DeployedModel.Load(Small.FloatFile(), "small");
        Assert.Throws<ArgumentException>(() => model.Run(new float[71], new float[3]));
        Assert.Throws<ArgumentException>(() => model.Run(new float[72], new float[4]));
        model.Run(ReadOnlyMemory<float>.Empty, Memory<float>.Empty);
    }

    [Theory]
    [InlineData(257, 64)]
    [InlineData(-1, 64)]
    [InlineData(0, 0)]
    [InlineData(0, 65537)]
    public void Options_out_of_range_are_coded_errors(int threads, int batch) => Assert.Equal(
        DiagnosticCodes.OutOfRange,
        Assert.Throws<DqException>(() => DeployedModel.Load(Small.FloatFile(), "small", new() { Threads = threads, BatchSize = batch })).Diagnostics[0].Code);

    /// <summary>Twelve blocks of maps of 64 MB, each of some half a GiB: no two are alive at once.</summary>
    [Fact]
    public void A_deep_network_on_large_images_is_taken_though_all_its_maps_together_take_more_than_one_may_ask_for()
    {
        var layers = new List<Layer> { new ImageLayer("image", 0, 1), Convolution("stem", 0) };
        for (var block = 0; block < 12; block++)
        {
            var shortcut = layers.Count - 1;
            layers.AddRange([new ActivationLayer($"relu{block}", shortcut, IsTanh: false, 6, 15), Convolution($"conv{block}", shortcut + 1), new SumLayer($"sum{block}", shortcut, 1, shortcut + 2)]);
        }

        layers.Add(new HeadLayer("linear", layers.Count - 1, new float[8], new float[2]));
        var graph = ModelReader.Read(OnnxExport.Float(new(layers, 4, 2000, 2000, 2), new Dictionary<string, string> { ["labels"] = """["a","b"]""" })).Graph;
        Assert.True(graph.MapBytes > GraphCheck.LargestMaps, $"{graph.MapBytes} bytes");

        static ConvolutionLayer Convolution(string name, int input) => new(name, input, new float[4 * 4 * 9], new float[4], 4, 4, 3, 1);
    }

    /// <summary>By hand, on images of 4×4 = 16 numbers, 64 bytes: the first block has the image, two maps and their sum; then a chain; then a dead end that stays beside all that follows.</summary>
    [Fact]
    public void What_may_be_alive_at_once_lies_between_maps_that_are_alone()
    {
        var shape = TensorShape.Map(TensorProto.Types.DataType.Float, 1, 4, 4);
        NodeProto[] nodes = [Node("x", "x", "a"), Node("x", "x", "b"), Node("a", "b", "c"), Node("c", "c", "d"), Node("d", "d", "end"), Node("d", "d", "e"), Node("e", "e", "y")];
        var graph = new GraphProto { Node = { nodes }, Input = { new ValueInfoProto { Name = "x" } }, Output = { new ValueInfoProto { Name = "y" } } };
        var alive = new AliveMaps(graph, shape);
        Assert.Equal([128, 192, 256, 128, 128, 192, 256], nodes.Select(node => alive.Pass(node, [shape])));

        static NodeProto Node(string one, string other, string name) => new() { OpType = "Add", Input = { one, other }, Output = { name } };
    }

    [Fact]
    public void A_missing_file_is_a_coded_error()
    {
        var failure = Assert.Throws<DqException>(() => DeployedModel.Load("/nowhere/model.onnx"));
        Assert.StartsWith("dq: error DQ5001: '/nowhere/model.onnx' cannot be used: it cannot be read", failure.Diagnostics[0].ToString(), StringComparison.Ordinal);
    }
}
