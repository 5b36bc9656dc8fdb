using CsCheck;
using DQPipeline.Attacks;

namespace DQPipeline.Tests.Attacks;

/// <summary>What holds for every attack, network, image and strength.</summary>
public sealed class AttackInvariantTests
{
    private static readonly Gen<(string Kind, string Start, double Epsilon, int Steps, double Alpha, int Seed, int Samples)> Cases =
        Gen.Select(
            Gen.Int[0, AttackFactory.Kinds.Count - 2].Select(i => AttackFactory.Kinds[i]), Gen.Bool.Select(b => b ? "uniform" : "r+fgsm"),
            Gen.OneOf(Gen.Double[0, 255], Gen.Int[0, 64].Select(e => (double)e)), Gen.Int[0, 12], Gen.Double[0.001, 60], Gen.Int[0, 1_000_000], Gen.Int[1, 5]);

    [Fact]
    public void Images_stay_in_the_ball_and_in_range() => Cases.Sample(
        c =>
        {
            using var network = Toys.Linear(c.Seed);
            var pixels = Toys.Pixels(c.Seed, c.Samples * 18);
            var found = Harness.Run(
                Harness.Attack(c.Kind, c.Steps, c.Alpha, c.Start), network, pixels, Toys.Classes(c.Seed, c.Samples, 4), c.Epsilon, c.Seed).Images;
            for (var i = 0; i < found.Length; i++)
            {
                if (!(found[i] is >= 0 and <= 1) || Math.Abs(found[i] - (pixels[i] / 255.0)) > (c.Epsilon / 255) + 1e-6)
                    return false;
            }

            return true;
        },
        iter: 300, threads: 1);

    [Fact]
    public void Attacking_some_of_the_images_gives_the_same_images_for_them() => Cases.Sample(
        c =>
        {
            using var network = Toys.Linear(c.Seed);
            var pixels = Toys.Pixels(c.Seed, c.Samples * 18);
            var classes = Toys.Classes(c.Seed, c.Samples, 4);
            var attack = Harness.Attack(c.Kind, c.Steps, c.Alpha, c.Start);
            var all = Harness.Run(attack, network, pixels, classes, c.Epsilon, c.Seed).Images;
            var last = c.Samples - 1;
            var alone = Harness.Run(attack, network, pixels[(last * 18)..], classes[last..], c.Epsilon, c.Seed, 0, [last]).Images;
            return alone.Zip(all.Skip(last * 18), (a, b) => Math.Abs(a - b)).Max() <= 1e-6;
        },
        iter: 100, threads: 1);

    [Theory]
    [InlineData(1, 898727)]
    [InlineData(11, 898727)]
    [InlineData(12, 5)]
    public void The_smallest_perturbation_of_a_misclassified_image_is_none(int steps, int seed)
    {
        using var network = Toys.Linear(seed);
        var pixels = Toys.Pixels(seed, 2 * 18);
        // The class that the network itself gives, by hand, and then one that it does not give.
        var second = new SecondFormulation(network);
        int[] given = [.. pixels.Chunk(18).Select(image => second.Class([.. image.Select(pixel => pixel / 255.0)]))];
        int[] wrong = [.. given.Select(k => (k + 1) % 4)];
        var unmoved = Array.ConvertAll(pixels, p => p / 255f);
        Assert.Equal(unmoved, Harness.Run(Harness.Attack("fab-t", steps), network, pixels, wrong, 60, seed).Images);
        // One of each: the other alone is moved.
        var both = Harness.Run(Harness.Attack("fab-t", 11), network, pixels, [wrong[0], given[1]], 255, seed).Images;
        Assert.Equal(unmoved[..18], both[..18]);
        Assert.NotEqual(unmoved[18..], both[18..]);
    }

    [Theory]
    [InlineData("random")]
    [InlineData("r+fgsm")]
    [InlineData("pgd")]
    public void The_seed_the_restart_and_the_sample_number_decide_the_noise_and_nothing_else_does(string kind)
    {
        using var network = Toys.Linear(2);
        var pixels = Toys.Pixels(2, 18);
        // Steps of 0.01 cannot wash out a start at ε = 8.
        var attack = Harness.Attack(kind, alpha: 0.01, restarts: kind == "pgd" ? 2 : 1);
        float[] Images(int seed, int restart, int sample) => Harness.Run(attack, network, pixels, [1], 8, seed, restart, [sample]).Images;
        var first = Images(1, 0, 7);
        Assert.NotEqual(first, Images(2, 0, 7));
        Assert.NotEqual(first, Images(1, 0, 8));
        if (kind == "pgd")
            Assert.NotEqual(first, Images(1, 1, 7));
        Assert.Equal(first, Images(1, 0, 7));
    }

    [Theory]
    [InlineData("fgsm")]
    [InlineData("bim")]
    public void Attacks_without_noise_do_not_depend_on_the_seed(string kind)
    {
        using var network = Toys.Linear(2);
        var pixels = Toys.Pixels(2, 18);
        Assert.Equal(
            Harness.Run(Harness.Attack(kind), network, pixels, [1], 8, seed: 1).Images, Harness.Run(Harness.Attack(kind), network, pixels, [1], 8, seed: 2).Images);
    }

    [Fact]
    public void Uniform_noise_is_uniform_and_signs_are_fair_coins()
    {
        const int Count = 200_000;
        var uniform = Harness.NoiseOf(true, 3, 0, [.. Enumerable.Range(0, 20)], Count / 20);
        // The chi-square statistic of 20 equal cells has mean 19; 43.8 is its 99.9 % point.
        var cells = new int[20];
        foreach (var u in uniform)
        {
            Assert.InRange(u, -1f, 1f);
            cells[(int)((u + 1) * 10)]++;
        }

        Assert.InRange(cells.Sum(n => Math.Pow(n - (Count / 20), 2) / (Count / 20)), 0, 43.8);
        var signs = Harness.NoiseOf(false, 3, 0, [.. Enumerable.Range(0, 20)], Count / 20);
        Assert.All(signs, s => Assert.True(s is 1 or -1));
        // 3.3 standard deviations of the sum.
        Assert.InRange(Math.Abs(signs.Sum()), 0, 3.3 * Math.Sqrt(Count));
        // Neighbouring samples are independent: their correlation is within 3.3 standard deviations of 0.
        var half = Count / 2;
        Assert.InRange(Math.Abs(Enumerable.Range(0, half).Sum(i => signs[i] * signs[i + half])), 0, 3.3 * Math.Sqrt(half));
    }
}
