namespace DQPipeline.Evaluation;

/// <summary>What was measured for one model, one attack (or none) and one strength.</summary>
/// <param name="Samples">Images measured.</param>
/// <param name="Correct">Images that were right when clean and withstood every run of the attack.</param>
/// <param name="Attacked">Images that were attacked: those right when clean; 0 where nothing was, as in a clean measurement.</param>
/// <param name="Standing">For each image, in the order of the samples, whether it counts as correct; from these, the worst case over attacks is taken image by image.</param>
public sealed record CellResult(int Samples, int Correct, int Attacked, IReadOnlyList<bool> Standing)
{
    /// <summary>What the detector said, where one was asked.</summary>
    public DetectionResult? Detection { get; init; }

    /// <summary>Correct / samples, 0 to 1.</summary>
    public double Accuracy => (double)Correct / Samples;

    /// <summary>How far its gradients can be trusted; null where none were followed.</summary>
    public GradientHealth? Health { get; init; }
}

/// <summary>Signs that a network masks its gradients rather than that it is robust.</summary>
/// <param name="ZeroGradient">
/// Images right when clean whose loss has a gradient of zero in every pixel: in a clean measurement there, under an attack at some step of every run that attacked them.
/// </param>
/// <param name="Saturated">In a clean measurement, images right whose cross entropy is exactly 0 in float32, so that a textbook attack would find nothing to follow; null under an attack.</param>
/// <param name="FirstRun">Under an attack of several runs, images that withstand the first; null otherwise.</param>
public sealed record GradientHealth(int ZeroGradient, int? Saturated, int? FirstRun);

/// <summary>How a detector judged the images of a measurement.</summary>
/// <param name="Images">Images shown to it: all samples when clean; under an attack the adversarial versions of those right when clean.</param>
/// <param name="Flagged">Of these, the ones that it takes for adversarial: false alarms when clean.</param>
/// <param name="Successful">Adversarial images that the network gets wrong; 0 when clean.</param>
/// <param name="Detected">Of the successful ones, those that it takes for adversarial.</param>
public sealed record DetectionResult(int Images, int Flagged, int Successful, int Detected)
{
    /// <summary>The result of an attack.</summary>
    /// <param name="attacked">Images attacked.</param>
    /// <param name="flagged">For each sample whether its adversarial version is taken for one; false where it was not attacked.</param>
    /// <param name="correct">For each sample whether it withstood.</param>
    internal static DetectionResult Of(int attacked, bool[] flagged, bool[] correct) => new(
        attacked, flagged.Count(one => one), attacked - correct.Count(one => one), flagged.Zip(correct, (detected, withstood) => detected && !withstood).Count(one => one));
}

/// <summary>How far a measurement is, in passes of one image through the network.</summary>
/// <param name="Done">Passes done.</param>
/// <param name="Total">Passes that are needed at most; images that break early save the rest of theirs.</param>
public readonly record struct EvaluationProgress(long Done, long Total);
