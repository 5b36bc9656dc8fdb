namespace DQPipeline.Onnx.Inference;

/// <summary>How a deployed model runs. None of it changes a label of an integer model.</summary>
public sealed record DeployedModelOptions
{
    /// <summary>Processor threads of one run. Range 1 to 256, or 0 for one per core; the default is 0.</summary>
    public int Threads { get; init; }

    /// <summary>Images of one run at most; longer batches are cut, and so are those whose feature maps would not stay in the processor's cache. Range 1 to 65536; the default is 64.</summary>
    public int BatchSize { get; init; } = 64;
}
