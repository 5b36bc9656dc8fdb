using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Networks;

namespace DQPipeline.Tests.Attacks;

/// <summary>The Euclidean norm: directions, lengths and the balls' shape.</summary>
public sealed class EuclideanTests
{
    /// <summary>The squares of the small gradients, and of the great ones, are beyond float32.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(1e-14)]
    [InlineData(1e-30)]
    [InlineData(1e25)]
    public void The_fast_gradient_method_goes_along_the_gradient_by_the_radius(double scale)
    {
        using var network = Toys.Linear(2, classes: 2, scale: scale);
        var pixels = Enumerable.Repeat((byte)128, 18).ToArray();
        var found = Harness.Run(Create("fgsm"), network, pixels, [0], 51).Images;
        // With two classes the gradient of every loss is along W₁ − W₀.
        var direction = Enumerable.Range(0, 18).Select(i => network.Weight[1, i] - network.Weight[0, i]).ToArray();
        var length = Math.Sqrt(direction.Sum(value => value * value));
        for (var i = 0; i < 18; i++)
            Assert.Equal((128 / 255.0) + (0.2 * direction[i] / length), found[i], 1e-6);
    }

    [Theory]
    [InlineData("random", 0.1)]
    [InlineData("fgsm", 60)]
    [InlineData("bim", 60)]
    [InlineData("pgd", 60)]
    [InlineData("pgd", 255)]
    [InlineData("apgd-ce", 60)]
    [InlineData("apgd-t", 255)]
    [InlineData("fab-t", 60)]
    [InlineData("square", 60)]
    public void Images_stay_in_the_ball_and_in_range(string kind, double epsilon)
    {
        using var network = Toys.Linear(7);
        var pixels = Toys.Pixels(7, 5 * 18);
        var found = Harness.Run(Create(kind), network, pixels, Toys.Classes(7, 5, 4), epsilon).Images;
        Assert.All(found, value => Assert.InRange(value, 0, 1));
        for (var image = 0; image < 5; image++)
        {
            var length = Math.Sqrt(Enumerable.Range(image * 18, 18).Sum(i => Math.Pow(found[i] - (pixels[i] / 255.0), 2)));
            Assert.True(length <= (epsilon / 255) * (1 + 1e-5), $"{length * 255} > {epsilon}");
        }
    }

    /// <summary>Whoever rounds or checks images by an attack's norm must hear of one that is made of several, as of each of them.</summary>
    [Theory]
    [InlineData("autoattack", "clipped")]
    [InlineData("pgd", "all")]
    [InlineData("autoattack", "all")]
    public void An_attack_of_several_parts_has_their_norm(string kind, string backward)
    {
        var attack = AttackFactory.Create(new AttackDeclaration { Kind = kind, Norm = "l2", Backward = backward });
        Assert.True(attack.Parts.Count > 1);
        Assert.All(attack.Parts.Prepend(attack), part => Assert.Equal(Norm.L2, part.Norm));
    }

    [Fact]
    public void A_change_of_two_pixel_units_over_thousands_of_values_is_as_long_as_float32_can_make_it()
    {
        using var network = NetworkFactory.Create(new NetworkDescription("vgg-s", new ActivationDeclaration(), 3, 32, 32, ["a", "b", "c"]), seed: 1);
        var split = new ImageSplit(Toys.Pixels(3, 40 * 3072), Toys.Classes(3, 40, 3));
        var evaluator = new Evaluator(network, split, [.. Enumerable.Range(0, 40)]);
        // An adversarial set refuses what leaves the ball.
        var set = evaluator.Adversarial(AttackFactory.Create(new AttackDeclaration { Kind = "fgsm", Norm = "l2" }), 2);
        var lengths = Enumerable.Range(0, 40).Select(i => Math.Sqrt(Enumerable.Range(i * 3072, 3072).Sum(at => Math.Pow(set.XAdv[at] - (set.X[at] / 255.0), 2))) * 255).ToArray();
        Assert.All(lengths, length => Assert.InRange(length, 1, 2.0003));
    }

    [Fact]
    public void Random_points_fill_the_ball_evenly()
    {
        const int images = 4000;
        using var network = Toys.Linear(1);
        var found = Harness.Run(Create("random"), network, [.. Enumerable.Repeat((byte)128, images * 18)], new int[images], 51).Images;
        var radii = Enumerable.Range(0, images).Select(image => Math.Sqrt(Enumerable.Range(image * 18, 18).Sum(i => Math.Pow(found[i] - (128 / 255.0), 2))) / 0.2).ToArray();
        // The share within a radius r is r¹⁸: half of the points lie within 0.5^(1/18) = 0.962, a tenth within 0.880. Four standard errors of 4,000 draws.
        Assert.Equal(0.5, radii.Count(r => r < Math.Pow(0.5, 1.0 / 18)) / (double)images, 0.032);
        Assert.Equal(0.1, radii.Count(r => r < Math.Pow(0.1, 1.0 / 18)) / (double)images, 0.019);
        // And no direction is preferred.
        for (var i = 0; i < 18; i++)
            Assert.Equal(0, Enumerable.Range(0, images).Average(image => found[(image * 18) + i] - (128 / 255.0)), 0.004);
    }

    private static Attack Create(string kind) => AttackFactory.Create(new AttackDeclaration { Kind = kind, Norm = "l2", Steps = kind == "pgd" ? 20 : 0, Alpha = 15, Queries = 200 });
}
