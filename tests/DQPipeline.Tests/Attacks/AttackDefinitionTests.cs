using DQPipeline.Attacks;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Attacks;

/// <summary>Each attack against the paper's formula, computed a second way.</summary>
public sealed class AttackDefinitionTests
{
    private const int Images = 6;
    private const int Seed = 5;

    [Theory]
    [InlineData(0.5)]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(40)]
    public void Random_noise_is_the_clean_image_plus_uniform_noise_of_radius_epsilon(double epsilon) =>
        Check("random", epsilon, (second, x, _, sample) => second.Random(x, epsilon, Uniform(sample, x)));

    [Theory]
    [InlineData(0.5)]
    [InlineData(8)]
    [InlineData(40)]
    public void Fgsm_is_equation_1(double epsilon) =>
        Check("fgsm", epsilon, (second, x, y, _) => second.Fgsm(x, y, epsilon));

    [Theory]
    [InlineData(0.5)]
    [InlineData(8)]
    [InlineData(40)]
    public void R_fgsm_is_equation_2_with_half_of_epsilon_for_the_random_step(double epsilon) =>
        Check("r+fgsm", epsilon, (second, x, y, sample) => second.RandomFgsm(x, y, epsilon, Signs(sample, x)));

    [Theory]
    [InlineData(2, 2)]
    [InlineData(8, 10)]
    [InlineData(16, 20)]
    public void Bim_is_equation_3_with_steps_of_one_pixel_unit(double epsilon, int steps) =>
        Check("bim", epsilon, (second, x, y, _) => second.Iterate(x, x, y, epsilon, 1, steps));

    [Theory]
    [InlineData(2, 2)]
    [InlineData(8, 10)]
    public void Pgd_is_bim_from_a_uniform_start(double epsilon, int steps) =>
        Check("pgd", epsilon, (second, x, y, sample) => second.Iterate(x, second.Random(x, epsilon, Uniform(sample, x)), y, epsilon, 1, steps));

    [Fact]
    public void The_papers_pgd_starts_with_the_random_step_of_r_fgsm() =>
        Check(
            "pgd", 8, (second, x, y, sample) => second.Iterate(x, second.Random(x, 8, [.. Signs(sample, x).Select(s => s / 2)]), y, 8, 1, 10),
            Harness.Attack("pgd", start: "r+fgsm"));

    [Fact]
    public void Steps_and_alpha_are_what_was_declared() =>
        Check("bim", 8, (second, x, y, _) => second.Iterate(x, x, y, 8, 2.5, 7), Harness.Attack("bim", steps: 7, alpha: 2.5));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 1)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(5.6, 7)]
    [InlineData(8, 10)]
    [InlineData(16, 20)]
    [InlineData(32, 36)]
    [InlineData(255, 259)]
    public void The_default_number_of_steps_is_the_papers(double epsilon, int steps)
    {
        Assert.Equal(steps, Harness.Attack("pgd").Passes(epsilon));
        Assert.Equal(steps, Harness.Attack("bim").Passes(epsilon));
        using var network = Toys.Linear(1);
        var taken = 0;
        using var scope = NewDisposeScope();
        using var run = Harness.Attack("pgd").Run(network, Harness.Batch(network, Toys.Pixels(1, 18), [0]), epsilon, 0, onPass: images => taken += images);
        Assert.Equal(steps, taken);
    }

    [Theory]
    [InlineData("random", 0)]
    [InlineData("fgsm", 1)]
    [InlineData("r+fgsm", 1)]
    public void One_step_attacks_take_as_many_gradients_as_they_say(string kind, int gradients)
    {
        using var network = Toys.Linear(1);
        var taken = 0;
        using var scope = NewDisposeScope();
        using var run = Harness.Attack(kind).Run(network, Harness.Batch(network, Toys.Pixels(1, 18), [0]), 8, 0, onPass: images => taken += images);
        Assert.Equal(gradients, taken);
        Assert.Equal(gradients, Harness.Attack(kind).Passes(8));
    }

    [Theory]
    [InlineData("fgsm")]
    [InlineData("bim")]
    [InlineData("pgd")]
    public void Between_two_classes_of_a_linear_model_the_optimum_is_found(string kind)
    {
        // The margin is linear in x, so its maximum over a box is at the corner that the signs of its weights name.
        using var network = Toys.Linear(3, classes: 2);
        var pixels = Toys.Pixels(3, 18);
        var expected = new double[18];
        for (var i = 0; i < 18; i++)
            expected[i] = Math.Clamp((pixels[i] / 255.0) + (8 / 255.0 * Math.Sign(network.Weight[1, i] - network.Weight[0, i])), 0, 1);
        var found = Harness.Run(Harness.Attack(kind, steps: kind == "fgsm" ? 0 : 17), network, pixels, [0], 8).Images;
        AssertClose(expected, found);
    }

    private static void Check(string kind, double epsilon, Func<SecondFormulation, double[], int, int, double[]> expected, Attack? attack = null)
    {
        using var network = Toys.Linear(7);
        var pixels = Toys.Pixels(8, Images * 18);
        var classes = Toys.Classes(9, Images, 4);
        var samples = new[] { 40, 3, 17, 5, 1000, 0 };
        var found = Harness.Run(attack ?? Harness.Attack(kind), network, pixels, classes, epsilon, Seed, 0, samples).Images;
        for (var n = 0; n < Images; n++)
        {
            var x = pixels.AsSpan(n * 18, 18).ToArray().Select(b => b / 255.0).ToArray();
            AssertClose(expected(new SecondFormulation(network), x, classes[n], samples[n]), found.AsSpan(n * 18, 18).ToArray());
        }
    }

    private static float[] Uniform(int sample, double[] x) => Harness.NoiseOf(true, Seed, 0, [sample], x.Length);

    private static float[] Signs(int sample, double[] x) => Harness.NoiseOf(false, Seed, 0, [sample], x.Length);

    private static void AssertClose(double[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-6);
    }
}
