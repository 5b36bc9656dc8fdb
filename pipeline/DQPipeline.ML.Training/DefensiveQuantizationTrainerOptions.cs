using DQPipeline.Declarations;
using DQPipeline.Training;

namespace DQPipeline.ML.Training;

/// <summary>What to train on a view of images, and how its model stands in the pipeline.</summary>
public sealed record DefensiveQuantizationTrainerOptions
{
    /// <summary>The column of labels: text, a key whose values are text, or a whole number. The default is "Label".</summary>
    public string LabelColumnName { get; init; } = "Label";

    /// <summary>Rows of the images that the network takes. Range 4 to 1024; the default is 32. Images of another size are resized.</summary>
    public int Height { get; init; } = 32;

    /// <summary>Columns of the images that the network takes. Range 4 to 1024; the default is 32.</summary>
    public int Width { get; init; } = 32;

    /// <summary>3 for red, green and blue, 1 for grey. The default is 3.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>
    /// The network, its quantizers, the penalty and the schedule, as an entry of dq.json's section <c>train</c>; names are not looked at. What dq.json makes of other options where they are not
    /// written is here as the declaration has it: weightBits 32, weightDecay 0, residual sums, and a defence by <see cref="DefensePresets.With"/>. The default is <c>vgg-s</c> with activations of 4 bits,
    /// weights that end on 8, and the penalty at β = 1e-3, without weight decay (paper section 5).
    /// </summary>
    public TrainDeclaration Train { get; init; } = new()
    {
        Seed = 2019,
        Activation = new() { Bits = 4 },
        WeightBits = 8,
        Lipschitz = new() { Beta = 1e-3 },
        Optimizer = new() { WeightDecay = 0 },
    };

    /// <summary>How the integer model is made of the trained one, as an entry of dq.json's section <c>quantize</c>; its bounds and samples of test images are not looked at.</summary>
    public QuantizeDeclaration Quantize { get; init; } = new() { Seed = 2019 };

    /// <summary>The column of images, which is read in training too, and the columns that the model adds.</summary>
    public DefensiveQuantizationOptions Columns { get; init; } = new();

    /// <summary>Processor threads of the training; its sums change in their last bits with it. Range 1 to 256; the default is 2.</summary>
    public int TrainingThreads { get; init; } = 2;

    /// <summary>Hears where the training stands. The default is nobody.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Ends the training.</summary>
    public CancellationToken Cancellation { get; init; }
}
