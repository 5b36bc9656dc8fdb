using System.Text.Json;
using DQPipeline.ML.Scoring;
using DQPipeline.ML.Views;
using DQPipeline.Onnx.Inference;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace DQPipeline.ML;

/// <summary>
/// Labels images by a deployed model. Views are scored in batches, single rows as they come. Safe to use from several threads at once. After <see cref="Dispose"/> it still works:
/// ML.NET's engines dispose transformers that others hold, so the next use opens the model again.
/// </summary>
public sealed class DefensiveQuantizationTransformer : ITransformer, IDisposable
{
    /// <summary>The name by which ML.NET finds the loader of a saved one.</summary>
    internal const string LoaderSignature = "DefensiveQuantization";

    /// <summary>What a saved one calls its model.</summary>
    internal const string ModelStream = "Model.onnx";
    private const string OptionsStream = "Options.json";

    private readonly byte[] file;
    private readonly DefensiveQuantizationOptions options;
    private readonly SharedModel model;
    private readonly OutputColumns outputs;

    internal DefensiveQuantizationTransformer(byte[] file, string name, DefensiveQuantizationOptions options)
    {
        (this.file, this.options) = (file, options);
        model = new(file, name, options);
        outputs = new(options, model.Info);
    }

    /// <summary>What the model says about itself: labels, image size, provenance.</summary>
    public DeployedModelInfo Info => model.Info;

    /// <inheritdoc/>
    public bool IsRowToRowMapper => true;

    /// <summary>What it was made with.</summary>
    internal DefensiveQuantizationOptions Options => options;

    /// <summary>Times that the model has run so far.</summary>
    internal int Runs => model.Runs;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        InputColumn.Find(inputSchema, options.InputColumnName, Info);
        return outputs.Schema(inputSchema);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of another type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredView(input, GetOutputSchema(input.Schema), Plan(input.Schema));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of another type.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new ScoredRowMapper(inputSchema, GetOutputSchema(inputSchema), Plan(inputSchema));

    /// <summary>Lets go of the runtime's session; the next use makes another.</summary>
    public void Dispose() => model.Dispose();

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version());
        ctx.SaveBinaryStream(ModelStream, writer => writer.Write(file));
        ctx.SaveBinaryStream(OptionsStream, writer => writer.Write(JsonSerializer.SerializeToUtf8Bytes(options)));
    }

    /// <summary>Loads a saved one; ML.NET finds it by its signature.</summary>
    internal static DefensiveQuantizationTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version());
        var (file, saved) = (Stream(ctx, ModelStream, SavedModel.LargestModel), Stream(ctx, OptionsStream, SavedModel.LargestOptions));
        return new(file, "the saved model", SavedModel.Options(saved));
    }

    private static byte[] Stream(ModelLoadContext ctx, string name, long largest)
    {
        byte[]? bytes = null;
        ctx.TryLoadBinaryStream(name, reader => bytes = SavedModel.ReadAll(reader.BaseStream, name, largest));
        return bytes ?? throw SavedModel.Unusable($"it has no {name}");
    }

    /// <summary>The simple name of the assembly, not the full one: a model that a newer version saved can then be loaded by this one where the format is the same.</summary>
    private static VersionInfo Version() => new(
        "DQCLASSF", 0x00010001, 0x00010001, 0x00010001, loaderAssemblyName: typeof(DefensiveQuantizationTransformer).Assembly.GetName().Name, loaderSignature: LoaderSignature);

    private ScoringPlan Plan(DataViewSchema input) => new(model, InputColumn.Find(input, options.InputColumnName, Info), outputs, options.BatchSize);
}
