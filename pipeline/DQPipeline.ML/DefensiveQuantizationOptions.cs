using DQPipeline.Declarations;
using DQPipeline.Onnx.Inference;

namespace DQPipeline.ML;

/// <summary>How a deployed model stands in an ML.NET pipeline. A column whose name is null is left out.</summary>
public sealed record DefensiveQuantizationOptions
{
    /// <summary>
    /// The column of images: <c>MLImage</c>; vectors of float in [0,1], channels × height × width; or vectors of bytes that hold a JPEG or PNG file. The default is "Image".
    /// Files are decoded and resized to the model's size just as for training. An <c>MLImage</c> was decoded by whoever made it, and is resized by the same filter: of a JPEG of more than twice the model's size, which
    /// training decodes at a smaller scale, its pixels differ a little. Vectors of float cannot be resized.
    /// </summary>
    public string InputColumnName { get; init; } = "Image";

    /// <summary>Takes the label as text. The default is "PredictedLabel".</summary>
    public string? PredictedLabelColumnName { get; init; } = "PredictedLabel";

    /// <summary>
    /// Takes the label as a key whose values are the labels in the model's order, which <c>MulticlassClassification.Evaluate</c> wants. It compares keys by their numbers, so the key of true labels has to be made in that
    /// order too: <c>MapValueToKey</c> with the model's labels as <c>keyData</c>. The default is "PredictedLabelKey".
    /// </summary>
    public string? PredictedLabelKeyColumnName { get; init; } = "PredictedLabelKey";

    /// <summary>Takes the logits, one for each label; the labels are its slot names. The default is "Score".</summary>
    public string? ScoreColumnName { get; init; } = "Score";

    /// <summary>Takes the softmax of the logits: one probability for each label, with sum 1. The default is null: no such column.</summary>
    public string? ProbabilityColumnName { get; init; }

    /// <summary>Takes whether feature squeezing detects the image as adversarial (paper section 2.2.2), which costs a second run of the model. The default is null: no such column.</summary>
    public string? IsAdversarialColumnName { get; init; }

    /// <summary>How the detector squeezes. The default is that of the paper's section 5.2: 5 bits of colour and a median filter of 2×2.</summary>
    public SqueezeDeclaration Detector { get; init; } = new() { Bits = 5, Median = 2 };

    /// <summary>Processor threads of one run. Range 1 to 256, or 0 for one per core; the default is 0. Apps that predict from many threads at once do best with 1.</summary>
    public int Threads { get; init; }

    /// <summary>Images that are scored together at most; as many rows are read ahead. Range 1 to 65536; the default is 64. Large images are fewer: those of one batch take 256 MiB at most.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Refuses what is out of its range, where no model is there yet that would.</summary>
    /// <exception cref="DqException">DQ1004.</exception>
    internal void Check()
    {
        DeployedModel.Check(Threads, BatchSize);
        if (IsAdversarialColumnName is not null)
            AdversarialDetector.Check(Detector);
    }
}
