namespace DQPipeline.Evaluation;

/// <summary>What was measured for one model, one attack (or none) and one strength.</summary>
/// <param name="Samples">Images measured.</param>
/// <param name="Correct">Images that were right when clean and withstood every run of the attack.</param>
/// <param name="Attacked">Images that were attacked: those right when clean; 0 where nothing was, as in a clean measurement.</param>
/// <param name="ZeroGradient">Of the attacked, those whose gradient was zero in all pixels at some step of every run that attacked them.</param>
/// <param name="Standing">For each image, in the order of the samples, whether it counts as correct; from these, the worst case over attacks is taken image by image.</param>
public sealed record CellResult(int Samples, int Correct, int Attacked, int ZeroGradient, IReadOnlyList<bool> Standing)
{
    /// <summary>Correct / samples, 0 to 1.</summary>
    public double Accuracy => (double)Correct / Samples;

    /// <summary>Share of the attacked images whose gradient vanished, 0 to 1: where it is not near 0, accuracy says little about robustness.</summary>
    public double ZeroGradientShare => Attacked == 0 ? 0 : (double)ZeroGradient / Attacked;
}

/// <summary>How far a measurement is, in passes of one image through the network.</summary>
/// <param name="Done">Passes done.</param>
/// <param name="Total">Passes that are needed at most; images that break early save the rest of theirs.</param>
public readonly record struct EvaluationProgress(long Done, long Total);
