using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Networks;
using DQPipeline.Tests.Attacks;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Evaluation;

public sealed class EvaluatorTests
{
    [Fact]
    public void Clean_accuracy_counts_what_a_second_formulation_counts()
    {
        using var network = Toys.Linear(1);
        var split = new ImageSplit(Toys.Pixels(1, 50 * 18), Toys.Classes(1, 50, 4));
        int[] samples = [49, 0, 7, 7, 13, 21, 30, 31, 32, 33, 34];
        var second = new SecondFormulation(network);
        bool[] expected =
        [
            .. samples.Select(n =>
            {
                var logits = second.Logits([.. split.Image(n).ToArray().Select(b => b / 255.0)]);
                return Array.IndexOf(logits, logits.Max()) == split.Classes[n];
            }),
        ];
        // A batch that does not divide the sample, so that the last one is filled up.
        var result = new Evaluator(network, split, samples, batch: 4).Clean();
        Assert.Equal(expected, result.Standing);
        Assert.Equal((11, expected.Count(c => c), 0), (result.Samples, result.Correct, result.Attacked));
        Assert.Equal(result.Correct / 11.0, result.Accuracy);
        Assert.InRange(result.Correct, 1, 10);
    }

    [Theory]
    [InlineData("vgg-s", 32, "random", 1)]
    [InlineData("vgg-s", 32, "fgsm", 1)]
    [InlineData("vgg-s", 4, "r+fgsm", 1)]
    [InlineData("vgg-s", 4, "bim", 1)]
    [InlineData("vgg-s", 4, "pgd", 3)]
    [InlineData("vgg-s", 32, "pgd", 3)]
    public void Sparing_broken_images_changes_no_result(string name, int bits, string kind, int restarts)
    {
        using var network = Untrained(name, bits);
        var split = Digits(network, 30, seed: 2);
        var attack = Harness.Attack(kind, steps: 3, alpha: 0.5, restarts: restarts);
        var full = new Evaluator(network, split, Range(30), batch: 8, seed: 3).Adversarial(attack, 1.5);
        var spared = new Evaluator(network, split, Range(30), batch: 8, seed: 3).Attacked(attack, 1.5);

        // The labels are the network's own on two of three images, so that there is something to attack and something to spare.
        Assert.InRange(spared.Attacked, 12, 26);
        for (var n = 0; n < 30; n++)
            Assert.Equal(full.Pred[n] == full.Y[n] && full.PredAdv[n] == full.Y[n], spared.Standing[n]);
        Assert.Equal(spared.Standing.Count(s => s), spared.Correct);
    }

    [Fact]
    public void Images_already_broken_cost_no_pass()
    {
        using var network = new CountingNetwork(Toys.Linear(1));
        var split = new ImageSplit(Toys.Pixels(1, 40 * 18), Toys.Classes(1, 40, 4));
        var evaluator = new Evaluator(network, split, Range(40), batch: 4);
        var clean = evaluator.Clean();
        // A pass of each image, and the gradient of those that are right, in full batches.
        Assert.Equal(40 + ((clean.Correct + 3) / 4 * 4), network.Images);
        network.Images = 0;
        var result = evaluator.Attacked(Harness.Attack("bim", steps: 5), 8);
        // Five gradients and the pass that scores, in full batches of those that were right; the clean predictions are not made again.
        Assert.Equal(clean.Correct, result.Attacked);
        Assert.Equal((clean.Correct + 3) / 4 * 4 * 6, network.Images);
    }

    [Fact]
    public void Of_several_restarts_the_most_harmful_image_is_kept()
    {
        using var network = Toys.Linear(11, scale: 3);
        var split = new ImageSplit(Toys.Pixels(4, 20 * 18), Toys.Classes(4, 20, 4));
        var second = new SecondFormulation(network);
        // Steps too small to matter: the starts decide, and they differ.
        AdversarialSet Set(int restarts) =>
            new Evaluator(network, split, Range(20), batch: 20, seed: 6).Adversarial(Harness.Attack("pgd", steps: 1, alpha: 0.01, restarts: restarts), 20);
        float[] Single(int restart) =>
            Harness.Run(Harness.Attack("pgd", steps: 1, alpha: 0.01, restarts: 8), network, split.Pixels, split.Classes, 20, 6, restart).Images;
        var best = Set(8);
        var singles = Enumerable.Range(0, 8).Select(Single).ToArray();
        for (var n = 0; n < 20; n++)
        {
            (bool Wrong, double Loss) Harm(float[] images)
            {
                double[] x = [.. images.Skip(n * 18).Take(18).Select(v => (double)v)];
                var logits = second.Logits(x);
                return (Array.IndexOf(logits, logits.Max()) != split.Classes[n], second.CrossEntropy(x, split.Classes[n]));
            }

            var worst = singles.Select(Harm).Max();
            var kept = Harm(best.XAdv);
            Assert.Equal(worst.Wrong, kept.Wrong);
            Assert.Equal(worst.Loss, kept.Loss, 1e-5 * Math.Max(1, worst.Loss));
        }

        Assert.Equal(singles[0], Set(1).XAdv);
        Assert.NotEqual(singles[0], best.XAdv);
    }

    [Theory]
    [InlineData("vgg-s", 32)]
    [InlineData("vgg-s", 2)]
    [InlineData("wrn-10-1", 4)]
    public void An_image_has_the_same_adversary_whoever_else_is_attacked(string name, int bits)
    {
        using var network = Untrained(name, bits);
        var split = Digits(network, 12, seed: 5);
        var attack = Harness.Attack("pgd", steps: 4, restarts: 2);
        var all = new Evaluator(network, split, Range(12), batch: 4, seed: 9).Adversarial(attack, 4);
        int[] some = [10, 1, 6, 3, 2];
        var few = new Evaluator(network, split, some, batch: 4, seed: 9).Adversarial(attack, 4);
        var size = few.XAdv.Length / 5;
        for (var i = 0; i < some.Length; i++)
        {
            Assert.Equal(all.XAdv.AsSpan(some[i] * size, size), few.XAdv.AsSpan(i * size, size));
            Assert.Equal(all.PredAdv[some[i]], few.PredAdv[i]);
        }
    }

    [Fact]
    public void Same_seed_same_bits_other_seed_others()
    {
        using var network = Untrained("vgg-s", 4);
        var split = Digits(network, 6, seed: 5);
        float[] Images(int seed) => new Evaluator(network, split, Range(6), 6, seed).Adversarial(Harness.Attack("pgd"), 4).XAdv;
        var first = Images(1);
        Assert.Equal(first, Images(1));
        Assert.NotEqual(first, Images(2));
    }

    [Fact]
    public void Stalled_images_are_counted_among_the_attacked_only()
    {
        using var constant = new LinearNetwork(new double[3, 18], [1, 2, 3], 2, 3, 3);
        var split = new ImageSplit(Toys.Pixels(1, 9 * 18), [0, 1, 2, 0, 1, 2, 0, 1, 2]);
        var evaluator = new Evaluator(constant, split, Range(9), 4);
        var result = evaluator.Attacked(Harness.Attack("pgd", restarts: 2), 8);
        Assert.Equal((9, 3, 3), (result.Samples, result.Correct, result.Attacked));
        Assert.Equal(new GradientHealth(3, null, 3), result.Health);
        Assert.Equal(new GradientHealth(3, 0, null), evaluator.Clean().Health);
        var random = new Evaluator(constant, split, Range(9), 4).Attacked(Harness.Attack("random"), 8);
        Assert.Equal(3, random.Attacked);
        Assert.Null(random.Health);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void The_straight_through_gradient_reaches_every_image_of_a_quantized_network(int bits)
    {
        using var network = Untrained("vgg-s", bits);
        var split = Digits(network, 12, seed: 5);
        var result = new Evaluator(network, split, Range(12), 12).Attacked(Harness.Attack("fgsm"), 8);
        Assert.Equal(0, result.Health!.ZeroGradient);
        Assert.InRange(result.Attacked, 4, 12);
    }

    [Fact]
    public void On_a_trained_network_random_is_weaker_than_fgsm_and_fgsm_than_pgd()
    {
        using var network = TrainedNetwork.Create();
        var evaluator = new Evaluator(network, TrainedNetwork.Images(120, seed: 2), Range(120), 60, seed: 1);
        double Accuracy(Attack attack, double epsilon = 8) => evaluator.Attacked(attack, epsilon).Accuracy;
        // Twenty steps: the paper's ten of one pixel unit do not lead from one side of the ball to the other, which nearly linear networks ask for.
        var (clean, random, fgsm, pgd) = (
            evaluator.Clean().Accuracy, Accuracy(Harness.Attack("random")), Accuracy(Harness.Attack("fgsm")), Accuracy(Harness.Attack("pgd", steps: 20)));
        Assert.InRange(clean, 0.7, 1);
        Assert.InRange(random, fgsm + 0.3, clean);
        Assert.InRange(fgsm, pgd + 0.01, 1);
        Assert.InRange(pgd, 0.01, 1);
        Assert.Equal(clean, Accuracy(Harness.Attack("fgsm"), 0));
        Assert.Equal(0, Accuracy(Harness.Attack("pgd", steps: 8, alpha: 32), 128));
    }

    [Fact]
    public void Progress_rises_to_its_total_and_cancelling_leaves_the_evaluator_usable()
    {
        using var network = Untrained("vgg-s", 4);
        var split = Digits(network, 20, seed: 2);
        var evaluator = new Evaluator(network, split, Range(20), 8);
        var heard = new List<EvaluationProgress>();
        _ = evaluator.Adversarial(Harness.Attack("pgd", steps: 2, restarts: 2), 4, new Listener(heard.Add));
        Assert.Equal(20 * (1 + (2 * 3)), heard[^1].Total);
        Assert.Equal(heard[^1].Total, heard[^1].Done);
        Assert.All(heard.Zip(heard.Skip(1)), pair => Assert.True(pair.First.Done < pair.Second.Done && pair.First.Total == pair.Second.Total));

        heard.Clear();
        // Each answer of an average is a pass: 2 restarts of 2 gradients and a look at the end, and the clean images.
        _ = evaluator.Adversarial(Harness.Attack("pgd", steps: 2, restarts: 2, average: 3), 4, new Listener(heard.Add));
        Assert.Equal(heard[^1].Total, heard[^1].Done);

        using var source = new CancellationTokenSource();
        var steps = 0;
        void CancelAtFifth(EvaluationProgress now)
        {
            if (++steps == 5)
                source.Cancel();
        }

        network.train();
        Assert.Throws<OperationCanceledException>(() => evaluator.Attacked(Harness.Attack("pgd", steps: 9), 4, new Listener(CancelAtFifth), source.Token));
        Assert.Equal(5, steps);
        Assert.True(network.training);
        Assert.Equal(20, evaluator.Attacked(Harness.Attack("fgsm"), 4).Samples);
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using var network = Untrained("vgg-s", 4);
        var evaluator = new Evaluator(network, Digits(network, 10, seed: 2), Range(10), 4);
        void Measure()
        {
            _ = evaluator.Attacked(Harness.Attack("pgd", steps: 2, restarts: 2), 4);
            _ = evaluator.Adversarial(Harness.Attack("fgsm"), 4);
        }

        Measure();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Measure();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Every_pass_is_made_in_eval_mode_and_memory_does_not_grow_with_the_batches()
    {
        using var network = new ConvNetwork(3, 8, 8, 4);
        var evaluator = new Evaluator(network, new ImageSplit(Toys.Pixels(1, 40 * 192), Toys.Classes(1, 40, 4)), Range(40), 4);
        var alive = new List<long>();
        network.train();
        network.OnForward = () =>
        {
            Assert.All(network.modules(), module => Assert.False(module.training));
            alive.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        };
        var correct = evaluator.Clean().Correct;
        // Every image is scored; then those that are right are looked at for their gradients.
        Assert.InRange(correct, 5, 40);
        Assert.Equal(10 + (correct + 3) / 4, alive.Count);
        Assert.All(alive[..10], count => Assert.Equal(alive[0], count));
        Assert.All(alive[10..], count => Assert.Equal(alive[10], count));

        alive.Clear();
        _ = evaluator.Adversarial(Harness.Attack("fgsm"), 8);
        Assert.Equal(20, alive.Count);
        // A gradient's pass and a scoring pass take turns.
        Assert.All(alive.Zip(alive.Skip(2)), pair => Assert.Equal(pair.First, pair.Second));
        Assert.True(network.training);
    }

    [Fact]
    public void Data_that_do_not_fit_the_network_are_DQ2005_and_broken_weights_DQ3004()
    {
        using var network = Toys.Linear(1);
        static string Code(Action action) => Assert.Single(Assert.Throws<DqException>(action).Diagnostics).Code;
        Assert.Equal("DQ2005", Code(() => _ = new Evaluator(network, new ImageSplit(new byte[12], [0]), [0])));
        Assert.Equal("DQ2005", Code(() => _ = new Evaluator(network, new ImageSplit(new byte[18], [4]), [0])));
        Assert.Equal("DQ2005", Code(() => _ = new Evaluator(network, new ImageSplit(new byte[18], [0]), [])));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Evaluator(network, new ImageSplit(new byte[18], [0]), [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Evaluator(network, new ImageSplit(new byte[18], [0]), [0], 0));
        using (no_grad())
            network.Layer.bias!.fill_(float.NaN);
        Assert.Equal("DQ3004", Code(() => new Evaluator(network, new ImageSplit(new byte[18], [0]), [0]).Clean()));
    }

    private static int[] Range(int count) => [.. Enumerable.Range(0, count)];

    /// <summary>A network with the weights it begins with, and batch-norm statistics of random images: without them, one bit lets nothing through.</summary>
    private static Classifier Untrained(string name, int bits)
    {
        var network = NetworkFactory.Create(Toys.Describe(3, 16, 16, 4) with { Network = name, Activation = new ActivationDeclaration { Bits = bits } }, 7);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var images = Harness.Batch(network, Toys.Pixels(1, 16 * 3 * 16 * 16), new int[16]).Images;
        for (var pass = 0; pass < 30; pass++)
            network.forward(images);
        return network;
    }

    /// <summary>Random images that the network gets right, but for every third one.</summary>
    private static ImageSplit Digits(Classifier network, int count, int seed)
    {
        var pixels = Toys.Pixels(seed, count * 3 * 16 * 16);
        var predicted = new Evaluator(network, new ImageSplit(pixels, new int[count]), Range(count), 8).Adversarial(Harness.Attack("random"), 0).Pred;
        return new ImageSplit(pixels, [.. predicted.Select((p, n) => (int)(n % 3 == 2 ? (p + 1) % 4 : p))]);
    }

    private sealed class Listener(Action<EvaluationProgress> hear) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => hear(value);
    }

    private sealed class CountingNetwork(LinearNetwork inner) : Classifier(inner.Description)
    {
        public long Images { get; set; }

        public override Tensor forward(Tensor input)
        {
            Images += input.shape[0];
            return inner.forward(input);
        }
    }
}
