using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Attacks;

/// <summary>A network that answers the same image differently is asked several times, and the mean of its answers counts: not their sum, and not one of them.</summary>
public sealed class AverageTests
{
    [Fact]
    public void Logits_and_gradients_are_means_over_the_passes()
    {
        using var network = new ChangingNetwork();
        using var scope = NewDisposeScope();
        var images = tensor((float[])[0.25f, 0.5f], [1, 1, 1, 2]);
        var passes = 0;
        var victim = new Victim(network, averaged: 3, count => passes += count, CancellationToken.None);
        // The mean of the passes' weights is (2, 1; -1, 3).
        double[] logits = [(2 * 0.25) + (1 * 0.5), (-1 * 0.25) + (3 * 0.5)];
        AssertClose(logits, victim.Logits(images));
        Assert.Equal(3, passes);
        // ∇(z₀ − 2·z₁) = W₀ − 2·W₁ of those.
        var (found, gradient) = victim.Follow(images, _ => tensor((float[])[1, -2], [1, 2]));
        AssertClose(logits, found);
        AssertClose([2 + 2, 1 - 6], gradient);
        Assert.Equal(6, passes);
    }

    /// <summary>The first and the last pass alone, and the sign that most passes have, would each lead elsewhere.</summary>
    [Fact]
    public void The_step_of_fgsm_follows_the_mean()
    {
        using var network = new ChangingNetwork();
        byte[] pixels = [100, 100];
        Assert.Equal([92, 108], Array.ConvertAll(Harness.Run(Margin(average: 3), network, pixels, [0], 8).Images, value => (int)MathF.Round(value * 255)));
        network.Passes = 0;
        Assert.Equal([108, 92], Array.ConvertAll(Harness.Run(Margin(average: 1), network, pixels, [0], 8).Images, value => (int)MathF.Round(value * 255)));

        static Attack Margin(int average) => AttackFactory.Create(new AttackDeclaration { Kind = "fgsm", Loss = "margin", Average = average });
    }

    // Noise asks the network nothing.
    [Theory]
    [MemberData(nameof(AttackStateTests.Kinds), MemberType = typeof(AttackStateTests))]
    public void Every_attack_that_asks_asks_as_often_as_was_declared(string kind) => Assert.Equal(kind == "random" ? 1 : 5, Harness.Attack(kind, average: 5).Averaged);

    private static void AssertClose(double[] expected, Tensor found)
    {
        var numbers = found.data<float>().ToArray();
        Assert.Equal(expected.Length, numbers.Length);
        Assert.All(expected.Zip(numbers), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    /// <summary>Two pixels, two classes, and weights that are others at each pass, in turn.</summary>
    private sealed class ChangingNetwork : Classifier
    {
        private static readonly float[][] Weights = [[0, 2, 4, -2], [7, -3, -10, 8], [-1, 4, 3, 3]];

        public ChangingNetwork()
            : base(Toys.Describe(1, 1, 2, 2)) => RegisterComponents();

        public int Passes { get; set; }

        public override Tensor forward(Tensor input)
        {
            var weight = tensor(Weights[Passes++ % Weights.Length], [2, 2]);
            return input.flatten(1).matmul(weight.t());
        }
    }
}
