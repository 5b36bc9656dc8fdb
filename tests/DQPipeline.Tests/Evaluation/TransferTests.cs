using DQPipeline.Data;
using DQPipeline.Evaluation;
using DQPipeline.Tests.Attacks;

namespace DQPipeline.Tests.Evaluation;

/// <summary>Black-box attacks: made on one network, scored on another.</summary>
public sealed class TransferTests
{
    private const int Pixels = 18;

    private static readonly int[] s_samples = [49, 0, 7, 7, 13, 21, 30, 31, 32, 33, 34, 2, 3, 4, 5, 6, 40, 41, 42, 43];

    private static readonly ImageSplit s_split = Split();

    [Theory]
    [InlineData("fgsm", 1)]
    [InlineData("r+fgsm", 1)]
    [InlineData("bim", 1)]
    [InlineData("pgd", 3)]
    public void The_accuracy_is_that_of_the_others_images_scored_by_hand(string kind, int restarts)
    {
        using var substitute = Toys.Linear(1);
        using var target = Toys.Linear(2);
        var set = new Evaluator(substitute, s_split, s_samples, batch: 7, seed: 5).Adversarial(Harness.Attack(kind, steps: 3, alpha: 14, restarts: restarts), 40);
        var second = new SecondFormulation(target);
        bool[] expected =
        [
            .. s_samples.Select((sample, i) =>
                Says(second, s_split.Image(sample).ToArray().Select(b => b / 255.0)) == s_split.Classes[sample]
                && Says(second, set.XAdv.Skip(i * Pixels).Take(Pixels).Select(v => (double)v)) == s_split.Classes[sample]),
        ];
        // A batch that does not divide the sample, and another one than the substitute's.
        var result = new Evaluator(target, s_split, s_samples, batch: 4, seed: 5).Transferred(set);
        Assert.Equal(expected, result.Standing);
        Assert.Equal((20, expected.Count(c => c)), (result.Samples, result.Correct));
        Assert.InRange(result.Correct, 1, result.Attacked - 1);
        Assert.InRange(result.Attacked, result.Correct + 1, 19);
    }

    [Fact]
    public void Fgsm_on_the_substitute_by_hand_gives_the_same_accuracy_on_the_target()
    {
        using var substitute = Toys.Linear(1);
        using var target = Toys.Linear(2);
        var (from, to) = (new SecondFormulation(substitute), new SecondFormulation(target));
        var right = s_samples.Count(sample =>
        {
            double[] x = [.. s_split.Image(sample).ToArray().Select(b => b / 255.0)];
            var y = s_split.Classes[sample];
            return Says(to, x) == y && Says(to, from.Fgsm(x, y, 40)) == y;
        });
        var set = new Evaluator(substitute, s_split, s_samples, batch: 20).Adversarial(Harness.Attack("fgsm"), 40);
        Assert.Equal(right, new Evaluator(target, s_split, s_samples, batch: 20).Transferred(set).Correct);
    }

    [Fact]
    public void Images_that_the_substitute_gets_wrong_are_attacked_and_count_like_all_others()
    {
        using var substitute = Toys.Linear(1);
        using var target = Toys.Linear(2);
        var set = new Evaluator(substitute, s_split, s_samples).Adversarial(Harness.Attack("fgsm"), 40);
        var evaluator = new Evaluator(target, s_split, s_samples);
        var clean = evaluator.Clean();
        var result = evaluator.Transferred(set);
        var wrong = Enumerable.Range(0, s_samples.Length).Where(i => set.Pred[i] != set.Y[i]).ToList();
        Assert.All(wrong, i => Assert.NotEqual(set.X.Skip(i * Pixels).Take(Pixels).Select(b => b / 255f), set.XAdv.Skip(i * Pixels).Take(Pixels)));
        // Some of them break the target, which a rule that spares them would hide.
        Assert.Contains(wrong, i => clean.Standing[i] && !result.Standing[i]);
        Assert.Equal(clean.Correct, result.Attacked);
    }

    [Fact]
    public void On_the_network_itself_the_black_box_accuracy_is_the_white_box_one()
    {
        using var network = Toys.Linear(3);
        var attack = Harness.Attack("pgd", steps: 4, alpha: 5, restarts: 3);
        var evaluator = new Evaluator(network, s_split, s_samples, batch: 6, seed: 2);
        Assert.Equal(evaluator.Attacked(attack, 20).Standing, evaluator.Transferred(evaluator.Adversarial(attack, 20)).Standing);
    }

    [Fact]
    public void An_attack_made_of_several_does_as_much_harm_for_others_as_each_of_them()
    {
        using var network = Toys.Linear(3);
        var second = new SecondFormulation(network);
        var evaluator = new Evaluator(network, s_split, s_samples, batch: 6, seed: 2);
        double[] Harm(string kind)
        {
            var set = evaluator.AdversarialForOthers(Harness.Attack(kind, steps: 10), 60);
            return [.. s_samples.Select((_, i) => second.CrossEntropy([.. set.XAdv.Skip(i * Pixels).Take(Pixels).Select(v => (double)v)], (int)set.Y[i]))];
        }

        var together = Harm("autoattack");
        foreach (var kind in (string[])["apgd-ce", "apgd-t", "fab-t", "square"])
            Assert.All(Harm(kind).Zip(together), pair => Assert.InRange(pair.Second, pair.First - 1e-4, double.PositiveInfinity));
        Assert.Equal(evaluator.Attacked(Harness.Attack("autoattack", steps: 10), 60).Correct, evaluator.Transferred(evaluator.AdversarialForOthers(Harness.Attack("autoattack", steps: 10), 60)).Correct);
    }

    [Fact]
    public void Images_of_another_sample_are_refused()
    {
        using var network = Toys.Linear(3);
        var set = new Evaluator(network, s_split, [1, 2, 3]).Adversarial(Harness.Attack("fgsm"), 8);
        Assert.Throws<ArgumentException>(() => new Evaluator(network, s_split, [1, 2, 4]).Transferred(set));
        Assert.Throws<ArgumentException>(() => new Evaluator(network, s_split, [1, 2]).Transferred(set));
    }

    [Fact]
    public void The_progress_ends_where_it_said_it_would_when_every_image_stands()
    {
        using var network = Toys.Linear(3);
        var evaluator = new Evaluator(network, s_split, s_samples, batch: 6);
        var set = evaluator.Adversarial(Harness.Attack("fgsm"), 0);
        var reports = new List<EvaluationProgress>();
        var result = evaluator.Transferred(set, new Listener(reports.Add));
        Assert.Equal(40, reports[^1].Total);
        Assert.Equal(20 + result.Attacked, reports[^1].Done);
    }

    /// <summary>Two images of three have the class that the target sees in them, so that there is something to break; the substitute is right about some of each.</summary>
    private static ImageSplit Split()
    {
        using var target = Toys.Linear(2);
        var second = new SecondFormulation(target);
        var (pixels, classes) = (Toys.Pixels(1, 50 * Pixels), Toys.Classes(1, 50, 4));
        for (var i = 0; i < 50; i++)
        {
            if (i % 3 > 0)
                classes[i] = Says(second, pixels.Skip(i * Pixels).Take(Pixels).Select(b => b / 255.0));
        }

        return new(pixels, classes);
    }

    private static int Says(SecondFormulation network, IEnumerable<double> x)
    {
        var logits = network.Logits([.. x]);
        return Array.IndexOf(logits, logits.Max());
    }

    private sealed class Listener(Action<EvaluationProgress> report) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => report(value);
    }
}
