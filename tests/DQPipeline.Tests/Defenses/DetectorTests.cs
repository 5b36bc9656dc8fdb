using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Defenses;
using DQPipeline.Evaluation;
using DQPipeline.Tests.Attacks;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Defenses;

/// <summary>The detector on models whose answers are known by hand.</summary>
public sealed class DetectorTests
{
    private static readonly SqueezeDeclaration OneBit = new() { Bits = 1 };

    [Fact]
    public void What_squeezing_gives_another_class_is_detected()
    {
        using var network = Brightness(0.3);
        using var scope = NewDisposeScope();
        // One bit makes 0.5 and below black, above white: grey 0.4 is bright to the network and black once squeezed.
        float[] greys = [0.1f, 0.29f, 0.31f, 0.4f, 0.5f, 0.51f, 0.9f];
        bool[] expected = [false, false, true, true, true, false, false];
        var images = cat([.. greys.Select(grey => full([1, 1, 4, 4], grey))], 0);
        var detector = new SqueezingDetector(OneBit);
        Assert.Equal(expected, detector.Detect(network, images));
        Assert.Equal(expected, detector.Detect(network, images, [0, 0, 1, 1, 1, 1, 1]));
        Assert.Equal(expected[..2], detector.Detect(network, images, [0, 0]));
    }

    [Fact]
    public void A_median_is_what_tells_a_single_bright_pixel_from_a_bright_image()
    {
        using var network = Brightness(0.05);
        using var scope = NewDisposeScope();
        var speck = zeros(1, 1, 4, 4);
        speck[0, 0, 2, 2] = 1;
        var images = cat([speck, full([1, 1, 4, 4], 0.5f), zeros(1, 1, 4, 4)], 0);
        Assert.Equal([true, false, false], new SqueezingDetector(new SqueezeDeclaration { Median = 2 }).Detect(network, images));
    }

    [Fact]
    public void Rates_are_over_successful_adversarial_images_over_all_of_them_and_over_clean_ones()
    {
        // Bright is what is above 0.3 on average. FGSM at ε = 25.5 moves every pixel by 0.1 towards the wrong class.
        using var network = Brightness(0.3);
        (byte Grey, int Class)[] images =
        [
            (20, 0),  // 0.08 → 0.18: withstands, black either way
            (60, 0),  // 0.24 → 0.34: broken; squeezed to black: detected
            (70, 0),  // 0.27 → 0.37: broken and detected
            (90, 1),  // 0.35 → 0.25: broken, black squeezed too: not detected. Clean it is bright, and squeezed black: a false alarm
            (120, 1), // 0.47 → 0.37: withstands, squeezed black: detected without success. A false alarm
            (250, 1), // 0.98 → 0.88: withstands, white either way
            (250, 0), // wrong when clean: not attacked; no false alarm
        ];
        var split = new ImageSplit([.. images.SelectMany(image => Enumerable.Repeat(image.Grey, 16))], [.. images.Select(image => image.Class)]);
        foreach (var batch in new[] { 1, 3, 7 })
        {
            var evaluator = new Evaluator(network, split, [.. Enumerable.Range(0, images.Length)], batch) { Detector = new SqueezingDetector(OneBit) };
            Assert.Equal(new DetectionResult(Images: 7, Flagged: 2, Successful: 0, Detected: 0), evaluator.Clean().Detection);
            var attacked = evaluator.Attacked(Harness.Attack("fgsm"), 25.5);
            Assert.Equal((7, 3, 6), (attacked.Samples, attacked.Correct, attacked.Attacked));
            Assert.Equal(new DetectionResult(Images: 6, Flagged: 3, Successful: 3, Detected: 2), attacked.Detection);
        }
    }

    [Fact]
    public void Of_several_restarts_the_one_that_broke_the_image_is_judged()
    {
        using var network = Toys.Linear(11, scale: 3, height: 4, width: 4);
        var split = new ImageSplit(Toys.Pixels(4, 60 * 32), Toys.Classes(4, 60, 4));
        var detector = new SqueezingDetector(new SqueezeDeclaration { Bits = 3, Median = 2 });
        var attack = Harness.Attack("pgd", steps: 1, alpha: 0.001, restarts: 3);
        int[] samples = [.. Enumerable.Range(0, 60)];
        var result = new Evaluator(network, split, samples, batch: 60, seed: 2) { Detector = detector }.Attacked(attack, 128);

        var (clean, broken, detected, flagged) = (new long[60], new bool[60], 0, new bool[60]);
        for (var restart = 0; restart < 3; restart++)
        {
            using var scope = NewDisposeScope();
            var batch = Harness.Batch(network, split.Pixels.ToArray(), split.Classes.ToArray());
            clean = network.forward(batch.Images).argmax(1).data<long>().ToArray();
            using var run = attack.Run(network, batch, 128, 2, restart);
            var after = network.forward(run.Images).argmax(1).data<long>().ToArray();
            var judged = detector.Detect(network, run.Images);
            foreach (var i in samples.Where(i => clean[i] == split.Classes[i] && !broken[i]))
            {
                broken[i] = after[i] != split.Classes[i];
                flagged[i] = judged[i];
                detected += broken[i] && judged[i] ? 1 : 0;
            }
        }

        Assert.Equal(new DetectionResult(result.Attacked, flagged.Count(f => f), broken.Count(b => b), detected), result.Detection);
        Assert.InRange(result.Detection!.Successful, 2, result.Attacked - 1);
        Assert.InRange(result.Detection.Detected, 1, result.Detection.Successful - 1);
    }

    [Fact]
    public void Without_a_detector_there_is_no_judgement()
    {
        using var network = Brightness(0.3);
        var evaluator = new Evaluator(network, new ImageSplit(new byte[16], [0]), [0]);
        Assert.Null(evaluator.Clean().Detection);
        Assert.Null(evaluator.Attacked(Harness.Attack("fgsm"), 8).Detection);
    }

    /// <summary>Says 1 where the mean of the 16 grey pixels is above the threshold, else 0.</summary>
    private static LinearNetwork Brightness(double threshold)
    {
        var weight = new double[2, 16];
        for (var i = 0; i < 16; i++)
            weight[1, i] = 1 / 16.0;
        return new LinearNetwork(weight, [0, -threshold], 1, 4, 4);
    }
}
