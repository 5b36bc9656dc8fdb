using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Defenses;
using DQPipeline.Networks;
using DQPipeline.Tests.Attacks;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Defenses;

public sealed class AdversarialTrainingTests
{
    private const int Seed = 6;
    private const int Epoch = 3;
    private const int Images = 9;

    private static readonly int[] Indices = [40, 3, 17, 5, 1000, 0, 21, 22, 23];

    [Theory]
    [InlineData("fgsm", 0, "uniform")]
    [InlineData("r+fgsm", 0, "uniform")]
    [InlineData("pgd", 0, "uniform")]
    [InlineData("pgd", 0, "r+fgsm")]
    [InlineData("pgd", 7, "uniform")]
    [InlineData("pgd", 0, "uniform", 8.0)]
    public void Each_image_is_attacked_as_a_second_formulation_does_at_its_own_strength(string kind, int steps, string start, double epsilon = 0)
    {
        var options = new AdversarialDeclaration { Kind = kind, Steps = steps, Start = start, Epsilon = epsilon, Delta = 12, Alpha = 2 };
        var adversary = AdversarialTraining.Of(options, Seed)!;
        using var network = Toys.Linear(7);
        var pixels = Toys.Pixels(8, Images * 18);
        var classes = Toys.Classes(9, Images, 4);
        var found = Attack(adversary, network, pixels, classes);
        var second = new SecondFormulation(network);
        var strengths = Indices.Select(index => adversary.Strength(Epoch, index)).ToArray();
        Assert.Equal(epsilon > 0 ? 1 : Images, strengths.Distinct().Count());
        for (var n = 0; n < Images; n++)
        {
            var x = pixels.AsSpan(n * 18, 18).ToArray().Select(b => b / 255.0).ToArray();
            var (y, strength) = (classes[n], strengths[n]);
            var own = steps > 0 ? steps : Math.Max(1, (int)Math.Floor(Math.Min(strength + 4, 1.25 * strength)));
            var expected = kind switch
            {
                "fgsm" => second.Fgsm(x, y, strength),
                "r+fgsm" => second.RandomFgsm(x, y, strength, Signs(n)),
                _ when start == "uniform" => second.Iterate(x, second.Random(x, strength, Uniform(n)), y, strength, 2, own),
                _ => second.Iterate(x, second.Random(x, strength, [.. Signs(n).Select(sign => sign / 2)]), y, strength, 2, own),
            };
            for (var i = 0; i < 18; i++)
                Assert.Equal(expected[i], found[(n * 18) + i], 1e-6);
        }
    }

    [Fact]
    public void Every_image_keeps_to_its_own_ball_and_to_the_range_of_pixels()
    {
        using var network = Toys.Linear(2);
        foreach (var kind in new[] { "fgsm", "r+fgsm", "pgd" })
        {
            var adversary = AdversarialTraining.Of(new AdversarialDeclaration { Kind = kind, Delta = 40, Alpha = 9 }, Seed)!;
            var pixels = Toys.Pixels(3, Images * 18);
            var found = Attack(adversary, network, pixels, Toys.Classes(4, Images, 4));
            for (var i = 0; i < found.Length; i++)
            {
                Assert.InRange(found[i], 0f, 1f);
                Assert.InRange(Math.Abs(found[i] - (pixels[i] / 255.0)), 0, (adversary.Strength(Epoch, Indices[i / 18]) / 255) + 1e-6);
            }
        }
    }

    [Fact]
    public void Strengths_are_those_of_a_folded_and_clipped_normal_distribution()
    {
        const int Count = 100_000;
        var adversary = AdversarialTraining.Of(new AdversarialDeclaration { Kind = "r+fgsm" }, Seed)!;
        var strengths = Enumerable.Range(0, Count).Select(image => adversary.Strength(Epoch, image)).ToArray();
        Assert.All(strengths, strength => Assert.InRange(strength, 0, 16));
        // Of |N(0, 8)|: Φ of 2 and more is at the clip (4.550 %), 68.27 % are below 8, and 8·√(2/π)·(1 − e⁻²) + 16·0.0455 is the mean. Bounds of 4 deviations.
        Assert.Equal(0.0455, strengths.Count(strength => strength == 16) / (double)Count, 0.0027);
        Assert.Equal(0.6827, strengths.Count(strength => strength < 8) / (double)Count, 0.0059);
        Assert.Equal(0.0797, strengths.Count(strength => strength < 0.8) / (double)Count, 0.0035);
        Assert.Equal(6.247, strengths.Average(), 0.06);
        Assert.Equal(strengths[..100], Enumerable.Range(0, 100).Select(image => adversary.Strength(Epoch, image)));
        Assert.NotEqual(strengths[..100], Enumerable.Range(0, 100).Select(image => adversary.Strength(Epoch + 1, image)));
        var other = AdversarialTraining.Of(new AdversarialDeclaration { Kind = "r+fgsm" }, Seed + 1)!;
        Assert.NotEqual(strengths[..100], Enumerable.Range(0, 100).Select(image => other.Strength(Epoch, image)));
    }

    [Fact]
    public void Images_whose_steps_are_used_up_cost_no_more_passes()
    {
        using var scope = NewDisposeScope();
        var seen = new List<long>();
        using var network = new WatchedNetwork(new ConvNetwork(3, 8, 8, 4), seen);
        double[] strengths = [16, 8, 8, 2, 0.5, 0];
        int[] steps = [20, 10, 10, 2, 1, 1];
        var noise = new Noise(1, 0, [0, 1, 2, 3, 4, 5], RandomPurpose.AdversarialNoise);
        var images = rand(6, 3, 8, 8);
        using var found = Harness.Attack("pgd").Perturb(network, images, tensor(new long[] { 0, 1, 2, 3, 0, 1 }), strengths, noise);
        Assert.Equal(Enumerable.Range(0, 20).Select(step => (long)steps.Count(count => count > step)), seen);
        Assert.Equal(images[5].data<float>().ToArray(), found[5].data<float>().ToArray());
    }

    [Fact]
    public void Strengths_that_rise_or_are_too_few_are_refused()
    {
        using var scope = NewDisposeScope();
        var images = rand(2, 1, 4, 4);
        Assert.Throws<ArgumentException>(() => new Ball(images, [2, 3]));
        Assert.Throws<ArgumentException>(() => new Ball(images, [3.0]));
    }

    [Theory]
    [InlineData(1, 9)]
    [InlineData(0.5, 5)] // 4.5, and halves go up
    [InlineData(0.3, 3)]
    [InlineData(0.01, 0)]
    public void The_declared_share_of_a_batch_is_attacked_and_the_rest_is_clean(double share, int attacked)
    {
        using var network = Toys.Linear(2);
        var pixels = Toys.Pixels(3, Images * 18);
        var adversary = AdversarialTraining.Of(new AdversarialDeclaration { Kind = "fgsm", Epsilon = 8, Share = share }, Seed)!;
        var found = Attack(adversary, network, pixels, Toys.Classes(4, Images, 4));
        for (var n = 0; n < Images; n++)
        {
            var unchanged = found.AsSpan(n * 18, 18).SequenceEqual(pixels.Skip(n * 18).Take(18).Select(b => b / 255f).ToArray());
            Assert.Equal(n >= attacked, unchanged);
        }
    }

    [Fact]
    public void The_network_its_statistics_and_native_memory_are_left_as_they_were()
    {
        using var network = new ConvNetwork(3, 8, 8, 4);
        network.train();
        var adversary = AdversarialTraining.Of(new AdversarialDeclaration { Kind = "pgd" }, Seed)!;
        using var scope = NewDisposeScope();
        var (images, labels) = (rand(4, 3, 8, 8), tensor(new long[] { 0, 1, 2, 3 }));
        network.OnForward = () => Assert.False(network.training);
        var before = network.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.clone());
        var pixels = images.data<float>().ToArray();
        adversary.Attack(network, images, labels, 0, [1, 2, 3, 4]).Dispose();
        var alive = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        adversary.Attack(network, images, labels, 0, [1, 2, 3, 4]).Dispose();
        Assert.Equal(alive, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.All(network.state_dict(), pair => Assert.True(pair.Value.equal(before[pair.Key]).all().item<bool>()));
        Assert.All(network.parameters(), parameter => Assert.True(parameter.requires_grad && parameter.grad is null));
        Assert.True(network.training);
        Assert.Equal(pixels, images.data<float>().ToArray());
    }

    [Fact]
    public void Options_out_of_range_are_DQ1004_and_name_what_is_allowed()
    {
        (AdversarialDeclaration Options, string Says)[] bad =
        [
            (new() { Kind = "bim" }, "none, fgsm, r+fgsm or pgd"), (new() { Kind = "pgd", Epsilon = -1 }, "epsilon"), (new() { Kind = "pgd", Epsilon = double.NaN }, "epsilon"),
            (new() { Kind = "pgd", Delta = 0 }, "delta"), (new() { Kind = "pgd", Delta = 128 }, "delta"), (new() { Kind = "pgd", Share = 0 }, "share"),
            (new() { Kind = "pgd", Share = 1.1 }, "share"), (new() { Kind = "pgd", Alpha = 0 }, "alpha"), (new() { Kind = "pgd", Steps = -1 }, "steps"),
            (new() { Kind = "pgd", Start = "gauss" }, "start"),
        ];
        foreach (var (options, says) in bad)
        {
            var error = Assert.Single(Assert.Throws<DqException>(() => AdversarialTraining.Of(options, 0)).Diagnostics);
            Assert.Equal("DQ1004", error.Code);
            Assert.Contains(says, error.Message, StringComparison.Ordinal);
        }

        Assert.Null(AdversarialTraining.Of(new AdversarialDeclaration(), 0));
    }

    private static float[] Attack(AdversarialTraining adversary, LinearNetwork network, byte[] pixels, int[] classes)
    {
        using var scope = NewDisposeScope();
        var batch = Harness.Batch(network, pixels, classes);
        return adversary.Attack(network, batch.Images, batch.Classes, Epoch, Indices).data<float>().ToArray();
    }

    private static float[] Uniform(int n) => NoiseOf(noise => noise.Uniform(zeros(1, 1, 1, 18)), n);

    private static float[] Signs(int n) => NoiseOf(noise => noise.Signs(zeros(1, 1, 1, 18)), n);

    private static float[] NoiseOf(Func<Noise, Tensor> draw, int n)
    {
        using var scope = NewDisposeScope();
        return draw(new Noise(Seed, Epoch, [Indices[n]], RandomPurpose.AdversarialNoise)).data<float>().ToArray();
    }

    /// <summary>Notes how many images each pass has.</summary>
    private sealed class WatchedNetwork : Classifier
    {
        private readonly Classifier inner;
        private readonly List<long> seen;

        public WatchedNetwork(Classifier inner, List<long> seen) : base(inner.Description)
        {
            (this.inner, this.seen) = (inner, seen);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            seen.Add(input.shape[0]);
            return inner.forward(input);
        }
    }
}
