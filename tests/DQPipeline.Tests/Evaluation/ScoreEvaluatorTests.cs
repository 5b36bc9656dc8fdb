using DQPipeline.Attacks;
using DQPipeline.Attacks.Scores;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Export;
using DQPipeline.Onnx;
using DQPipeline.Onnx.Inference;
using DQPipeline.Tests.Attacks;
using DQPipeline.Tests.Export;

namespace DQPipeline.Tests.Evaluation;

/// <summary>Square on models that answer with scores alone: arithmetic of a few lines, and deployed networks beside what they were made of.</summary>
public sealed class ScoreEvaluatorTests : IDisposable
{
    private const int Size = 27;

    private static readonly ImageSplit s_split = new(Toys.Pixels(4, 40 * Size), Toys.Classes(4, 40, 3));
    private static readonly int[] s_samples = [39, 0, 7, 13, 21, 30, 31, 32, 33, 34, 2, 3, 4, 5];

    private readonly string folder = Directory.CreateTempSubdirectory("dq-scores-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static ScoredModel Model(Scorer? scores = null) => new(3, 3, 3, 3, scores ?? Scores);

    /// <summary>The mean of each channel, of different weight.</summary>
    private static void Scores(ReadOnlySpan<float> images, int count, Span<float> logits)
    {
        logits.Clear();
        for (var i = 0; i < images.Length; i++)
            logits[(i / Size * 3) + (i % Size / 9)] += images[i] * (1 + (i % Size % 4));
    }

    private static int Label(ReadOnlySpan<float> image)
    {
        var logits = new float[3];
        Scores(image, 1, logits);
        return Array.IndexOf(logits, logits.Max());
    }

    private static Attack Declared(int queries = 60, int restarts = 1, string norm = "linf") =>
        AttackFactory.Create(new AttackDeclaration { Kind = "square", Queries = queries, Restarts = restarts, Norm = norm });

    [Theory]
    [InlineData("linf", 20.5, false)]
    [InlineData("linf", 20.5, true)]
    [InlineData("l2", 150, false)]
    [InlineData("l2", 150, true)]
    public void Images_that_are_right_are_attacked_within_the_ball_and_the_others_left_alone(string norm, double epsilon, bool onGrid)
    {
        var set = new ScoreEvaluator(Model() with { OnPixelGrid = onGrid }, s_split, s_samples, seed: 3).Adversarial(Declared(norm: norm), epsilon);
        Assert.Equal(norm == "l2" ? Norm.L2 : Norm.Linf, set.Norm);
        var broken = 0;
        for (var i = 0; i < s_samples.Length; i++)
        {
            var (clean, image) = (s_split.Image(s_samples[i]).ToArray(), set.XAdv[(i * Size)..((i + 1) * Size)]);
            Assert.Equal(clean, set.X.Skip(i * Size).Take(Size));
            Assert.Equal(s_split.Classes[s_samples[i]], set.Y[i]);
            Assert.Equal(Label(Array.ConvertAll(clean, pixel => pixel / 255f)), set.Pred[i]);
            Assert.Equal(Label(image), set.PredAdv[i]);
            if (set.Pred[i] != set.Y[i])
                Assert.Equal(clean.Select(pixel => pixel / 255f), image);
            else
                broken += set.PredAdv[i] != set.Y[i] ? 1 : 0;
            if (onGrid)
                Assert.All(image, value => Assert.Equal((byte)MathF.Round(value * 255) / 255f, value));
            if (onGrid && norm == "linf")
                Assert.True(image.Zip(clean, (value, pixel) => Math.Abs(Math.Round(value * 255) - pixel)).Max() <= 20);
        }

        var right = set.Pred.Zip(set.Y).Count(pair => pair.First == pair.Second);
        Assert.InRange(right, 2, s_samples.Length - 1);
        Assert.InRange(broken, 1, right);
    }

    [Fact]
    public void A_model_on_the_grid_is_shown_pixels_alone_and_a_strength_below_one_changes_none()
    {
        var scored = Model((images, count, logits) =>
        {
            foreach (var value in images)
                Assert.Equal((byte)MathF.Round(value * 255) / 255f, value);
            Scores(images, count, logits);
        });
        var evaluator = new ScoreEvaluator(scored with { OnPixelGrid = true }, s_split, s_samples);
        _ = evaluator.Adversarial(Declared(), 3.7);
        _ = evaluator.Adversarial(Declared(norm: "l2"), 30);
        Assert.Equal(s_samples.SelectMany(i => s_split.Image(i).ToArray()).Select(pixel => pixel / 255f), evaluator.Adversarial(Declared(), 0.9).XAdv);
    }

    [Fact]
    public void An_image_that_is_wrong_is_shown_no_more_and_restarts_are_for_those_that_stand()
    {
        var shown = 0;
        // Right about clean images, wrong about all others of a mean above 1/2.
        var classes = new int[40];
        var model = Model((images, count, logits) =>
        {
            for (var i = 0; i < count; i++)
            {
                var image = images.Slice(i * Size, Size).ToArray();
                var isClean = s_samples.Any(sample => s_split.Image(sample).ToArray().Select((pixel, at) => pixel / 255f == image[at]).All(same => same));
                shown += isClean ? 0 : 1;
                (logits[i * 3], logits[(i * 3) + 1], logits[(i * 3) + 2]) = (isClean || image.Average() <= 0.5f ? 1 : -1, 0, 0);
            }
        });
        var set = new ScoreEvaluator(model, new ImageSplit(s_split.Pixels, classes), s_samples).Adversarial(Declared(queries: 5, restarts: 3), 8);
        var standing = set.PredAdv.Count(label => label == 0);
        Assert.InRange(standing, 1, s_samples.Length - 1);
        // Those that stand were shown 6 images in each of 3 restarts, and what came of each; the others less.
        Assert.InRange(shown, standing * 3 * 7, s_samples.Length * 3 * 7 - 1);
    }

    [Fact]
    public void More_restarts_break_no_fewer_images()
    {
        var evaluator = new ScoreEvaluator(Model(), s_split, [.. Enumerable.Range(0, 40)], seed: 1);
        var (one, four) = (evaluator.Adversarial(Declared(queries: 3), 12), evaluator.Adversarial(Declared(queries: 3, restarts: 4), 12));
        Assert.All(Enumerable.Range(0, 40), i => Assert.True(one.PredAdv[i] == one.Y[i] || four.PredAdv[i] != four.Y[i]));
        Assert.True(four.PredAdv.Zip(four.Y).Count(pair => pair.First == pair.Second) < one.PredAdv.Zip(one.Y).Count(pair => pair.First == pair.Second));
    }

    [Fact]
    public void An_attack_that_follows_a_gradient_is_refused_and_so_are_unfit_images()
    {
        var evaluator = new ScoreEvaluator(Model(), s_split, s_samples);
        Assert.Equal("DQ1004", Assert.Throws<DqException>(() => evaluator.Adversarial(Harness.Attack("fgsm"), 8)).Diagnostics[0].Code);
        Assert.Equal("DQ1004", Assert.Throws<DqException>(() => evaluator.Adversarial(Harness.Attack("autoattack"), 8)).Diagnostics[0].Code);
        Assert.Throws<ArgumentOutOfRangeException>(() => evaluator.Adversarial(Declared(), 256));
        Assert.Equal("DQ2005", Assert.Throws<DqException>(() => new ScoreEvaluator(Model() with { Height = 4 }, s_split, s_samples)).Diagnostics[0].Code);
        Assert.Equal("DQ2005", Assert.Throws<DqException>(() => new ScoreEvaluator(Model() with { Classes = 2 }, s_split, s_samples)).Diagnostics[0].Code);
        Assert.Equal("DQ2005", Assert.Throws<DqException>(() => new ScoreEvaluator(Model(), s_split, [])).Diagnostics[0].Code);
        Assert.Equal("DQ3004", Assert.Throws<DqException>(() => new ScoreEvaluator(Model((_, _, logits) => logits.Fill(float.NaN)), s_split, s_samples).CleanPredictions()).Diagnostics[0].Code);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => evaluator.Adversarial(Declared(), 8, null, cancelled.Token));
    }

    [Theory]
    [InlineData("linf", 8)]
    [InlineData("l2", 100)]
    public void The_float_export_breaks_where_the_network_does(string norm, double epsilon)
    {
        using var network = TrainedNetwork.Create();
        network.eval();
        var split = TrainedNetwork.Images(40, seed: 77);
        int[] samples = [.. Enumerable.Range(0, 40)];
        var attack = Declared(queries: 80, norm: norm);
        var trained = new Evaluator(network, split, samples, seed: 5).Adversarial(attack, epsilon);
        using var deployed = DeployedModel.Load(OnnxExport.Float(LayerGraphs.Of(network), Deployed.Words(network)), "m");
        var found = new ScoreEvaluator(ScoredModel.Of(deployed), split, samples, seed: 5).Adversarial(attack, epsilon);
        bool[] Broken(AdversarialSet set) => [.. set.PredAdv.Zip(set.Y, (label, y) => label != y)];
        Assert.InRange(Broken(trained).Count(one => one), 3, samples.Length - 3);
        // Last bits of a logit may decide for a candidate or against it; hardly ever do they decide an image.
        Assert.InRange(Broken(trained).Zip(Broken(found)).Count(pair => pair.First != pair.Second), 0, 1);
        // What breaks one breaks the other: the export's images, shown to the network.
        var shown = new Evaluator(network, split, samples).Transferred(found);
        Assert.InRange(shown.Standing.Zip(Broken(found)).Count(pair => pair.First == pair.Second), 0, 1);
    }

    [Theory]
    [InlineData("linf", 8, false)]
    [InlineData("linf", 8, true)]
    [InlineData("l2", 100, true)]
    public void An_integer_model_is_attacked_itself_with_images_of_pixels(string norm, double epsilon, bool takesBytes)
    {
        using var network = TrainedNetwork.Create();
        network.eval();
        var split = TrainedNetwork.Images(40, seed: 77);
        int[] samples = [.. Enumerable.Range(0, 40)];
        var file = Path.Combine(folder, "m.onnx");
        var declared = new QuantizeDeclaration { Input = takesBytes ? "uint8" : "float" };
        var graph = LayerGraphs.Of(network);
        var calibration = ModelCalibration.Run(graph, declared, split, 1, CancellationToken.None);
        File.WriteAllBytes(file, OnnxExport.Integer(graph, calibration, Deployed.Words(network), takesBytes));
        using var model = DeployedModel.Load(file);
        var attack = Declared(queries: 80, norm: norm);
        var result = new DeployedEvaluator(model, split, samples, seed: 5).Attacked(attack, epsilon);
        var set = new ScoreEvaluator(ScoredModel.Of(model), split, samples, seed: 5).Adversarial(attack, epsilon);
        Assert.All(set.XAdv, value => Assert.Equal((byte)MathF.Round(value * 255) / 255f, value));
        Assert.Equal(set.PredAdv.Zip(set.Y, (label, y) => label == y), result.Standing);
        Assert.InRange(result.Correct, 1, result.Attacked - 3);
        // The model itself, asked in pixels.
        var logits = new float[samples.Length * 4];
        model.Run(Array.ConvertAll(set.XAdv, value => (byte)MathF.Round(value * 255)), logits);
        Assert.Equal(set.PredAdv, Deployed.Labels(logits, 4).Select(label => (long)label));
    }
}
