using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.ML.Scoring;
using DQPipeline.Native;
using DQPipeline.Onnx.Inference;
using DQPipeline.Training;
using Microsoft.ML;

namespace DQPipeline.ML.Training;

/// <summary>
/// Trains on all rows of a view and gives the integer model as a transformer. Images are held in memory as bytes while it trains. The same rows in the same order always give the same
/// model on one machine.
/// </summary>
public sealed class DefensiveQuantizationTrainer : IEstimator<DefensiveQuantizationTransformer>
{
    private readonly DefensiveQuantizationTrainerOptions options;

    internal DefensiveQuantizationTrainer(DefensiveQuantizationTrainerOptions options)
    {
        if (options.Height is < 4 or > 1024 || options.Width is < 4 or > 1024 || options.Channels is not (1 or 3))
            throw new DqException(DiagnosticCodes.OutOfRange, $"Images of {options.Channels}×{options.Height}×{options.Width} cannot be trained on. Use 1 or 3 channels and 4 to 1024 pixels a side.");
        if (options.TrainingThreads is < 1 or > 256)
            throw new DqException(DiagnosticCodes.OutOfRange, $"{options.TrainingThreads} threads cannot be used. Use 1 to 256.");
        // What would be found out only when the training is over, or not at all, is said before it. Both are read as dq.json is.
        options.Columns.Check();
        CheckDefense(options.Train);
        Declaration.FromJson<TrainDeclaration>(Declaration.ToJson(options.Train with { Dataset = "rows" }));
        Declaration.FromJson<QuantizeDeclaration>(Declaration.ToJson(options.Quantize with { Model = "rows" }));
        this.options = options;
    }

    /// <summary>Trains.</summary>
    /// <param name="input">Images and labels.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="DqException">DQ2005: fewer than two labels, or a row without an image or label. DQ1004: the declaration is out of range. DQ3004: the training diverged. Others as for a training.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public DefensiveQuantizationTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        NativeBackend.Load();
        var data = Rows.Read(input, options, Shape());
        using var result = Trainer.Train(new TrainingRequest(options.Train, data) { Threads = options.TrainingThreads }, options.Progress, options.Cancellation);
        var provenance = new TrainingProvenance(
            Declaration.ToJson(options.Train with { Dataset = "rows", Defense = DefensePresets.None }), "", "rows", options.Train.Seed, options.Train.Epochs, result.Loss, result.Accuracy, MethodVersion.Train, NativeBackend.LibTorchVersion);
        var calibration = ModelCalibration.Run(LayerGraphs.Of(result.Network), options.Quantize, data.Train, options.TrainingThreads, options.Cancellation);
        return new(OnnxFile.Integer(result.Network, provenance, calibration, "", options.Quantize), "the trained model", options.Columns);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        LabelColumn.Check(inputSchema, options.LabelColumnName);
        // What labels there are is known when the rows are; a shape does not say how many.
        return DefensiveQuantizationEstimator.OutputSchema(inputSchema, options.Columns, new OutputColumns(options.Columns, Shape() with { Labels = ["", " "] }));
    }

    /// <summary>In dq.json a word stands for defaults; here it does nothing by itself, and whoever wrote it would train without a defence.</summary>
    private static void CheckDefense(TrainDeclaration train)
    {
        var isThere = train.Defense switch
        {
            DefensePresets.Paper => train.Lipschitz.Beta > 0,
            DefensePresets.Plus => train.Adversarial.Kind != "none",
            _ => true,
        };
        if (!isThere)
            throw new DqException(DiagnosticCodes.OutOfRange, $"The defence '{train.Defense}' is named, and its options are not set. Write DefensePresets.With(train, \"{train.Defense}\"), which sets them, and then what is to differ.");
    }

    private DeployedModelInfo Shape() => new([], options.Channels, options.Height, options.Width, TakesBytes: false, IsInteger: true, new Dictionary<string, string>());
}
