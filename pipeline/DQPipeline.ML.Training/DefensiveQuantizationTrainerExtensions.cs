using DQPipeline.ML.Training;

// Extensions of ML.NET's catalogs stand in its own namespace, so that they are found where the catalogs are.
namespace Microsoft.ML;

/// <summary>Defensive quantization among ML.NET's trainers.</summary>
public static class DefensiveQuantizationTrainerExtensions
{
    /// <summary>Trains a classifier of images with low-bit activations and a Lipschitz penalty (Defensive Quantization, ICLR 2019).</summary>
    /// <param name="catalog"><c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">What to train; null for the defaults.</param>
    /// <exception cref="DQPipeline.Declarations.DqException">DQ1004: an option is out of its range.</exception>
    public static DefensiveQuantizationTrainer DefensiveQuantization(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, DefensiveQuantizationTrainerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(options ?? new());
    }
}
