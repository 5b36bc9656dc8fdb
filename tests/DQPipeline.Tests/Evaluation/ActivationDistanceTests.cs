using DQPipeline.Data;
using DQPipeline.Evaluation;
using DQPipeline.Networks;
using DQPipeline.Tests.Attacks;
using DQPipeline.Tests.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Evaluation;

public sealed class ActivationDistanceTests
{
    private const int Side = 8;

    [Fact]
    public void The_distance_of_an_image_is_the_norm_of_the_difference_by_the_norm_of_the_clean_activation()
    {
        using var scope = NewDisposeScope();
        // Three clean activations and their adversarial ones: 3-4-5, nothing at all, and one that did not move.
        var both = tensor(new float[] { 3, 4, 0, 0, 2, 1, /**/ 3, 1, 1, 1, 2, 1 }, [6, 2]);
        Assert.Equal([3 / 5.0, 0], ActivationDistance.Distances(both));
    }

    [Fact]
    public void Mean_and_deviation_are_over_the_images()
    {
        var distance = LayerDistance.Of(2, "conv2", 3, [1, 2, 4]);
        Assert.Equal((2, "conv2", 3, 3), (distance.Layer, distance.Name, distance.Bits, distance.Samples));
        Assert.Equal(7 / 3.0, distance.Mean!.Value, 12);
        Assert.Equal(Math.Sqrt(42 / 18.0), distance.Deviation!.Value, 12);
        Assert.Equal((0.5, 0.0, 1), (LayerDistance.Of(1, "", null, [0.5]).Mean, LayerDistance.Of(1, "", null, [0.5]).Deviation, LayerDistance.Of(1, "", null, [0.5]).Samples));
        Assert.Equal((null, null, 0), (LayerDistance.Of(1, "", null, []).Mean, LayerDistance.Of(1, "", null, []).Deviation, LayerDistance.Of(1, "", null, []).Samples));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(8)]
    public void Every_convolutions_input_has_the_distance_that_float64_loops_find(int bits)
    {
        using var network = Network("vgg-s", bits, Side);
        var set = Attacked(network, 5);
        int? quantizer = bits == 32 ? null : bits;
        var clean = Enumerable.Range(0, set.Count).Select(i => VggInputs(network, Pixels(set, i, false), quantizer)).ToList();
        var adversarial = Enumerable.Range(0, set.Count).Select(i => VggInputs(network, Pixels(set, i, true), quantizer)).ToList();
        var found = ActivationDistance.Convolutions(network, set, batch: 2);
        Assert.Equal(["conv1", "conv2", "conv3", "conv4", "conv5", "conv6"], found.Select(d => d.Name));
        for (var layer = 0; layer < 6; layer++)
        {
            var (mean, deviation) = ByHand.Statistics([.. clean.Zip(adversarial, (a, b) => ByHand.Distance(a[layer], b[layer]))]);
            // A value at the border of two levels may fall to either side in float32: one of thousands, and behind a full-precision layer none.
            var tolerance = quantizer is null || layer == 0 ? 1e-5 : 2e-2;
            Assert.Equal((layer + 1, quantizer, 5), (found[layer].Layer, found[layer].Bits, found[layer].Samples));
            Assert.Equal(mean, found[layer].Mean!.Value, tolerance * mean);
            Assert.Equal(deviation, found[layer].Deviation!.Value, tolerance * mean);
            Assert.InRange(mean, 0.001, 10);
        }
    }

    [Theory]
    [InlineData(32, 3)]
    [InlineData(2, 3)]
    [InlineData(32, 2)]
    public void The_first_blocks_activation_has_the_distance_that_float64_loops_find_with_and_without_a_quantizer(int own, int bits)
    {
        using var network = Network("vgg-s", own, Side);
        var set = Attacked(network, 6);
        var found = ActivationDistance.FirstBlock(network, set, bits, batch: 4);
        Assert.Equal([null, bits], found.Select(d => d.Bits));
        foreach (var distance in found)
        {
            // Whatever quantizer the network itself has: the paper's figure quantizes a full-precision activation.
            var (mean, deviation) = ByHand.Statistics([.. Enumerable.Range(0, set.Count).Select(i =>
                ByHand.Distance(VggInputs(network, Pixels(set, i, false), distance.Bits)[1], VggInputs(network, Pixels(set, i, true), distance.Bits)[1]))]);
            Assert.Equal(("norm1", 1, 6), (distance.Name, distance.Layer, distance.Samples));
            Assert.Equal(mean, distance.Mean!.Value, 1e-4 * mean);
            Assert.Equal(deviation, distance.Deviation!.Value, 1e-4 * mean);
        }

        Assert.NotEqual(found[0].Mean!.Value, found[1].Mean!.Value, 3);
    }

    [Theory]
    [InlineData("vgg-s")]
    [InlineData("wrn-10-1")]
    public void The_first_blocks_activation_is_what_the_fused_layer_hands_to_the_next_convolution(string name)
    {
        using var full = Network(name, 32, 16);
        using var quantized = Network(name, 3, 16);
        quantized.load_state_dict(full.state_dict());
        var set = Attacked(full, 4);
        var block = ActivationDistance.FirstBlock(full, set, bits: 3, batch: 4);
        Assert.Equal(ActivationDistance.Convolutions(full, set, batch: 4)[1].Mean!.Value, block[0].Mean!.Value, 1e-6);
        Assert.Equal(ActivationDistance.Convolutions(quantized, set, batch: 4)[1].Mean!.Value, block[1].Mean!.Value, 1e-3);
    }

    [Theory]
    [InlineData("vgg-s")]
    [InlineData("vgg-16")]
    [InlineData("wrn-10-1")]
    [InlineData("wrn-16-2")]
    [InlineData("resnet-18")]
    public void Every_networks_convolutions_are_found_in_their_order_under_their_names(string name)
    {
        using var network = Network(name, 4, 16);
        var set = Attacked(network, 2);
        var found = ActivationDistance.Convolutions(network, set, batch: 2);
        Assert.Equal(network.WeightLayers.Where(layer => layer.Weight.dim() == 4).Select(layer => layer.Name), found.Select(d => d.Name));
        Assert.All(found, d => Assert.Equal(4, d.Bits));
        Assert.Equal(2, ActivationDistance.FirstBlock(network, set, 3, 2)[0].Samples);
    }

    [Fact]
    public void The_size_of_a_batch_decides_nothing_and_nothing_is_left_behind()
    {
        using var network = Network("vgg-s", 4, 16);
        network.train();
        var set = Attacked(network, 7);
        var before = network.state_dict().ToDictionary(p => p.Key, p => p.Value.data<float>().ToArray());
        var whole = ActivationDistance.Convolutions(network, set, batch: 7);
        var single = ActivationDistance.Convolutions(network, set, batch: 1);
        Assert.Equal(whole.Select(d => Math.Round(d.Mean!.Value, 3)), single.Select(d => Math.Round(d.Mean!.Value, 3)));
        Assert.Equal(whole.Select(d => d.Mean), ActivationDistance.Convolutions(network, set, batch: 7).Select(d => d.Mean));
        Assert.True(network.training);
        Assert.All(network.state_dict(), p => Assert.Equal(before[p.Key], p.Value.data<float>().ToArray()));
    }

    [Fact]
    public void Images_that_were_not_moved_have_no_distance_from_themselves()
    {
        using var network = Network("wrn-10-1", 4, 16);
        var set = Attacked(network, 3, epsilon: 0);
        Assert.All(ActivationDistance.Convolutions(network, set, batch: 3), d => Assert.Equal((0.0, 0.0), (d.Mean, d.Deviation)));
        Assert.All(ActivationDistance.FirstBlock(network, set, 3, batch: 3), d => Assert.Equal(0, d.Mean));
    }

    [Fact]
    public void A_network_whose_layers_cannot_be_watched_says_so_and_gives_no_half_of_an_answer()
    {
        using var network = new DeafNetwork();
        var set = new Evaluator(network, new ImageSplit(Toys.Pixels(1, 3 * 48), [0, 1, 2]), [0, 1, 2]).Adversarial(Harness.Attack("fgsm"), 8);
        Assert.Contains("all of its convolutions", Assert.Throws<InvalidOperationException>(() => ActivationDistance.Convolutions(network, set, 3)).Message, StringComparison.Ordinal);
        Assert.Contains("its first activation", Assert.Throws<InvalidOperationException>(() => ActivationDistance.FirstBlock(network, set, 3, 3)).Message, StringComparison.Ordinal);
    }

    /// <summary>A network whose batch norms have something to do.</summary>
    private static Classifier Network(string name, int bits, int side)
    {
        var network = NetworkFactory.Create(NetworkTests.Description(name, bits, side: side), seed: 3);
        using var guard = no_grad();
        var random = new Random(4);
        foreach (var norm in network.modules().OfType<NormalizedActivation>())
        {
            Fill(norm.Weight, 1, 0.3);
            Fill(norm.Bias, 0.5, 0.5);
            Fill(norm.RunningMean, 0, 0.3);
            Fill(norm.RunningVariance, 1, 0.3);
        }

        return network;

        void Fill(Tensor values, double from, double spread) =>
            values.copy_(tensor(Enumerable.Range(0, (int)values.numel()).Select(_ => (float)(from + (spread * random.NextDouble()))).ToArray()));
    }

    private static AdversarialSet Attacked(Classifier network, int count, double epsilon = 8)
    {
        var size = 3 * network.Description.Height * network.Description.Width;
        return new Evaluator(network, new ImageSplit(Toys.Pixels(8, count * size), Toys.Classes(8, count, 10)), [.. Enumerable.Range(0, count)], seed: 1)
            .Adversarial(Harness.Attack("fgsm"), epsilon);
    }

    private static double[] Pixels(AdversarialSet set, int image, bool adversarial) =>
        [.. Enumerable.Range(image * 3 * Side * Side, 3 * Side * Side).Select(i => adversarial ? set.XAdv[i] : set.X[i] / 255.0)];

    /// <summary>What each of vgg-s's six convolutions is given.</summary>
    private static List<double[]> VggInputs(Classifier network, double[] image, int? bits)
    {
        var state = network.state_dict();
        var (map, inputs, side, channels) = (image.Select(v => (v - (128 / 255.0)) * 4).ToArray(), new List<double[]>(), Side, 3);
        for (var number = 1; number <= 6; number++)
        {
            inputs.Add(map);
            var weight = state[$"conv{number}.weight"];
            var outputs = (int)weight.shape[0];
            map = ByHand.Convolution(map, Values(weight), channels, outputs, side);
            map = ByHand.Activation(map, Values(state[$"norm{number}.weight"]), Values(state[$"norm{number}.bias"]), Values(state[$"norm{number}.running_mean"]), Values(state[$"norm{number}.running_var"]), bits);
            channels = outputs;
            if (number is 2 or 4)
                (map, side) = (ByHand.Pooling(map, channels, side), side / 2);
        }

        return inputs;

        static float[] Values(Tensor tensor) => tensor.detach().flatten().data<float>().ToArray();
    }

    /// <summary>Two convolutions, of which the second runs by forward, without its hooks; and no activation.</summary>
    private sealed class DeafNetwork : Classifier
    {
        private readonly Conv2d heard = nn.Conv2d(3, 3, 3, padding: 1);
        private readonly Conv2d unheard = nn.Conv2d(3, 3, 4);

        public DeafNetwork() : base(Toys.Describe(3, 4, 4, 3)) => RegisterComponents();

        public override Tensor forward(Tensor input) => unheard.forward(heard.call(input)).flatten(1);
    }
}
