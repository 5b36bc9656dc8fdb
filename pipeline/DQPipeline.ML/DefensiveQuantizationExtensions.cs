using DQPipeline.Declarations;
using DQPipeline.ML;
using DQPipeline.Onnx.Inference;

// Extensions of ML.NET's catalogs stand in its own namespace, so that they are found where the catalogs are.
namespace Microsoft.ML;

/// <summary>Deployed models among ML.NET's transforms.</summary>
public static class DefensiveQuantizationExtensions
{
    /// <summary>Labels images by the model of an .onnx file.</summary>
    /// <param name="catalog"><c>mlContext.Transforms</c>.</param>
    /// <param name="modelPath">The file, as <c>dq build</c> and <c>dq export</c> make it. It is read now, and not again: a saved pipeline holds it.</param>
    /// <param name="inputColumnName">The column of images; see <see cref="DefensiveQuantizationOptions.InputColumnName"/>.</param>
    /// <exception cref="DqException">DQ5001: the file is absent, damaged, foreign, or asks for more than it may.</exception>
    public static DefensiveQuantizationEstimator DefensiveQuantization(this TransformsCatalog catalog, string modelPath, string inputColumnName = "Image") =>
        catalog.DefensiveQuantization(modelPath, new DefensiveQuantizationOptions { InputColumnName = inputColumnName });

    /// <summary>Labels images by the model of an .onnx file.</summary>
    /// <param name="catalog"><c>mlContext.Transforms</c>.</param>
    /// <param name="modelPath">The file, as <c>dq build</c> and <c>dq export</c> make it. It is read now, and not again: a saved pipeline holds it.</param>
    /// <param name="options">Columns, threads, batches.</param>
    /// <exception cref="DqException">DQ5001: the file is absent, damaged, foreign, or asks for more than it may. DQ1004: an option is out of its range.</exception>
    public static DefensiveQuantizationEstimator DefensiveQuantization(this TransformsCatalog catalog, string modelPath, DefensiveQuantizationOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(DeployedModel.ReadFile(modelPath), modelPath, options);
    }

    /// <summary>Labels images by a model that is in memory.</summary>
    /// <param name="catalog"><c>mlContext.Transforms</c>.</param>
    /// <param name="model">The bytes of an .onnx file.</param>
    /// <param name="options">Columns, threads, batches; null for the defaults.</param>
    /// <exception cref="DqException">DQ5001, DQ1004: as for a file.</exception>
    public static DefensiveQuantizationEstimator DefensiveQuantization(this TransformsCatalog catalog, byte[] model, DefensiveQuantizationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new([.. model], "model", options ?? new());
    }
}
