using DQPipeline.ML.Scoring;
using Microsoft.ML;

namespace DQPipeline.ML;

/// <summary>Puts a deployed model into an ML.NET pipeline. There is nothing to fit: the model was trained by <c>dq build</c>.</summary>
public sealed class DefensiveQuantizationEstimator : IEstimator<DefensiveQuantizationTransformer>
{
    private readonly byte[] file;
    private readonly string name;
    private readonly DefensiveQuantizationOptions options;
    private readonly OutputColumns outputs;

    internal DefensiveQuantizationEstimator(byte[] file, string name, DefensiveQuantizationOptions options)
    {
        (this.file, this.name, this.options) = (file, name, options);
        // Whatever is wrong with the file or the options is said where they are given.
        using var model = new SharedModel(file, name, options);
        outputs = new(options, model.Info);
    }

    /// <summary>The transformer.</summary>
    /// <param name="input">Data whose schema is held against the model; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of another type.</exception>
    public DefensiveQuantizationTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new DefensiveQuantizationTransformer(file, name, options);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return OutputSchema(inputSchema, options, outputs);
    }

    /// <summary>What the columns of a schema become.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of another type.</exception>
    internal static SchemaShape OutputSchema(SchemaShape inputSchema, DefensiveQuantizationOptions options, OutputColumns outputs)
    {
        InputColumn.Check(inputSchema, options.InputColumnName);
        var added = SchemaShape.Create(outputs.Schema([]));
        var hidden = added.Select(column => column.Name).ToHashSet();
        return new([.. inputSchema.Where(column => !hidden.Contains(column.Name)), .. added]);
    }
}
