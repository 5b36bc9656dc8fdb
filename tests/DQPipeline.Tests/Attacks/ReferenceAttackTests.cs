using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Attacks;

/// <summary>The reference's attacks on linear networks, where the distance to every boundary is known: margin over the dual norm of the difference of two rows.</summary>
public sealed class ReferenceAttackTests
{
    private const int Classes = 5;

    [Theory]
    [InlineData("apgd-ce", "linf")]
    [InlineData("apgd-dlr", "linf")]
    [InlineData("apgd-t", "linf")]
    [InlineData("fab-t", "linf")]
    [InlineData("square", "linf")]
    [InlineData("apgd-ce", "l2")]
    [InlineData("apgd-dlr", "l2")]
    [InlineData("apgd-t", "l2")]
    [InlineData("fab-t", "l2")]
    [InlineData("square", "l2")]
    public void No_image_breaks_below_the_distance_to_its_boundary(string kind, string norm)
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var (network, pixels, predicted, distance) = Case(seed, Classes, norm);
            using var held = network;
            var attack = Create(kind, norm);
            for (var restart = 0; restart < attack.Restarts(Classes); restart++)
                Assert.Equal(predicted, Predicted(network, Run(attack, network, pixels, predicted, 0.98 * distance, restart)));
        }
    }

    [Theory]
    // On a linear network the gradient leads straight to the boundary of the one other class, or of the target. With several, an untargeted attack may set out for another than the
    // nearest, and random windows find no straight way.
    [InlineData("apgd-ce", "linf", 2, 1.05)]
    [InlineData("apgd-ce", "linf", Classes, 1.5)]
    [InlineData("apgd-dlr", "linf", Classes, 1.5)]
    [InlineData("apgd-t", "linf", Classes, 1.05)]
    [InlineData("fab-t", "linf", Classes, 1.05)]
    [InlineData("square", "linf", Classes, 1.6)]
    [InlineData("apgd-ce", "l2", 2, 1.05)]
    [InlineData("apgd-ce", "l2", Classes, 1.5)]
    [InlineData("apgd-dlr", "l2", Classes, 1.5)]
    [InlineData("apgd-t", "l2", Classes, 1.05)]
    [InlineData("fab-t", "l2", Classes, 1.05)]
    [InlineData("square", "l2", Classes, 2)]
    public void Every_image_breaks_a_little_beyond_it(string kind, string norm, int classes, double beyond)
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var (network, pixels, predicted, distance) = Case(seed, classes, norm);
            using var held = network;
            var attack = Create(kind, norm);
            Assert.Contains(Enumerable.Range(0, attack.Restarts(classes)), restart => Predicted(network, Run(attack, network, pixels, predicted, beyond * distance, restart)) != predicted);
        }
    }

    [Fact]
    public void Each_run_of_a_targeted_attack_leads_to_another_class()
    {
        var (network, pixels, predicted, _) = Case(3, Classes, "linf");
        using var held = network;
        var attack = Create("apgd-t", "linf");
        Assert.Equal(Classes - 1, attack.Restarts(Classes));
        var found = Enumerable.Range(0, Classes - 1).Select(restart => Predicted(network, Run(attack, network, pixels, predicted, 200, restart))).ToList();
        Assert.Equal(Enumerable.Range(0, Classes).Except([predicted]), found.Order());
    }

    [Fact]
    public void The_attack_stops_at_the_first_wrong_image_or_goes_on_to_the_worst()
    {
        var (network, pixels, predicted, distance) = Case(1, Classes, "linf");
        using var held = network;
        var attack = Create("apgd-ce", "linf");
        using var scope = NewDisposeScope();
        var batch = Harness.Batch(network, pixels, [predicted]);
        var (quick, whole) = (0, 0);
        using var first = attack.Run(network, batch, 3 * distance, 1, onPass: images => quick += images);
        using var worst = attack.Run(network, batch, 3 * distance, 1, stopsWhenWrong: false, onPass: images => whole += images);
        Assert.Equal(attack.Passes(8), whole);
        Assert.True(quick < whole / 2, $"{quick} passes");
        var second = new SecondFormulation(network);
        double Harm(Tensor images) => second.CrossEntropy([.. images.data<float>().ToArray().Select(value => (double)value)], predicted);
        Assert.True(Harm(worst.Images) > Harm(first.Images));
    }

    /// <summary>From the image straight through the boundary: at twice its distance the margin of a linear network of two classes is what it was at the image, the other way round.</summary>
    [Theory]
    [InlineData("linf")]
    [InlineData("l2")]
    public void Fab_for_other_networks_goes_on_to_the_surface_of_the_ball(string norm)
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var (network, pixels, predicted, distance) = Case(seed, 2, norm);
            using var held = network;
            using var scope = NewDisposeScope();
            var (attack, passes) = (Create("fab-t", norm), 0);
            using var run = attack.Run(network, Harness.Batch(network, pixels, [predicted]), 2 * distance, 1, forOthers: true, onPass: images => passes += images);
            var second = new SecondFormulation(network);
            double Margin(IEnumerable<double> x) => second.Logits([.. x]) is var logits ? logits[1 - predicted] - logits[predicted] : 0;
            Assert.Equal(-Margin(pixels.Select(pixel => pixel / 255.0)), Margin(run.Images.data<float>().ToArray().Select(value => (double)value)), 1e-3);
            Assert.Equal(301, passes);
        }
    }

    [Fact]
    public void Autoattack_is_the_references_four_in_their_order()
    {
        var attack = AttackFactory.Create(new AttackDeclaration { Kind = "autoattack" });
        Assert.Equal(["apgd-ce", "apgd-t", "fab-t", "square"], attack.Parts.Select(part => part.Kind));
        Assert.Equal([1, 9, 9, 1], attack.Parts.Select(part => part.Restarts(10)));
        Assert.Equal([101, 102, 201, 5001], attack.Parts.Select(part => part.Passes(8)));
        Assert.Equal(4, attack.LeastClasses);
    }

    [Fact]
    public void All_backward_passes_are_parts_and_what_takes_no_gradient_is_one_once()
    {
        var attack = AttackFactory.Create(new AttackDeclaration { Kind = "autoattack", Backward = "all" });
        Assert.Equal(10, attack.Parts.Count);
        Assert.Single(attack.Parts, part => part.Kind == "square");
        Assert.Equal(3, AttackFactory.Create(new AttackDeclaration { Kind = "pgd", Backward = "all" }).Parts.Select(part => part.Backward).Distinct().Count());
    }

    [Theory]
    [InlineData("apgd-dlr", 2)]
    [InlineData("apgd-t", 3)]
    [InlineData("autoattack", 3)]
    public void Too_few_classes_are_DQ2005_and_the_message_says_what_to_use(string kind, int classes)
    {
        using var network = Toys.Linear(1, classes);
        using var scope = NewDisposeScope();
        var attack = AttackFactory.Create(new AttackDeclaration { Kind = kind }).Parts.First(part => part.LeastClasses > classes);
        var failure = Assert.Throws<DqException>(() => attack.Run(network, Harness.Batch(network, Toys.Pixels(1, 18), [0]), 8, 0));
        Assert.Equal("DQ2005", failure.Diagnostics[0].Code);
        Assert.Contains("apgd-ce", failure.Diagnostics[0].Message, StringComparison.Ordinal);
        // And an evaluation says so before the parts that could be made take their time.
        var evaluator = new Evaluator(network, new ImageSplit(Toys.Pixels(1, 18), [0]), [0]);
        var passes = 0L;
        failure = Assert.Throws<DqException>(() => evaluator.Attacked(AttackFactory.Create(new AttackDeclaration { Kind = kind }), 8, new Told(progress => passes = progress.Done)));
        Assert.Equal(("DQ2005", 0L), (failure.Diagnostics[0].Code, passes));
    }

    private sealed class Told(Action<EvaluationProgress> tell) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => tell(value);
    }

    private static Attack Create(string kind, string norm) => AttackFactory.Create(new AttackDeclaration { Kind = kind, Norm = norm, Queries = 2000 });

    /// <summary>A network and an image of grey pixels, from where the box is far, what is said of it, and how far its nearest boundary is in pixel units.</summary>
    private static (LinearNetwork Network, byte[] Pixels, int Predicted, double Distance) Case(int seed, int classes, string norm)
    {
        for (var draw = seed; ; draw += 100)
        {
            var network = Toys.Linear(draw, classes, 2, 6, 6);
            var random = new Random(draw);
            var size = network.Weight.GetLength(1);
            var pixels = Enumerable.Range(0, size).Select(_ => (byte)random.Next(100, 156)).ToArray();
            var logits = new SecondFormulation(network).Logits([.. pixels.Select(pixel => pixel / 255.0)]);
            var predicted = Array.IndexOf(logits, logits.Max());
            var distance = Enumerable.Range(0, classes).Where(k => k != predicted).Min(k =>
            {
                var difference = Enumerable.Range(0, size).Select(i => network.Weight[predicted, i] - network.Weight[k, i]).ToArray();
                return (logits[predicted] - logits[k]) / (norm == "linf" ? difference.Sum(Math.Abs) : Math.Sqrt(difference.Sum(value => value * value)));
            });
            if (distance * 255 > 2 && distance * 255 < (norm == "linf" ? 40 : 120))
                return (network, pixels, predicted, distance * 255);
            network.Dispose();
        }
    }

    private static float[] Run(Attack attack, LinearNetwork network, byte[] pixels, int predicted, double epsilon, int restart) =>
        Harness.Run(attack, network, pixels, [predicted], epsilon, seed: 5, restart).Images;

    private static int Predicted(LinearNetwork network, float[] image) => new SecondFormulation(network).Class([.. image.Select(value => (double)value)]);
}
