namespace DQPipeline.Onnx.Inference;

/// <summary>In what order an array of images has its dimensions.</summary>
public enum ImageLayout
{
    /// <summary>N×C×H×W.</summary>
    Nchw,

    /// <summary>N×H×W×C.</summary>
    Nhwc,
}

/// <summary>What a model's input makes of pixels 0 … 255.</summary>
public enum PixelScale
{
    /// <summary>[0, 1].</summary>
    Unit,

    /// <summary>0 … 255.</summary>
    Pixels,

    /// <summary>[−1, 1].</summary>
    Signed,
}

/// <summary>What a file of others does not say about its model, and how it runs.</summary>
public sealed record ForeignModelOptions
{
    /// <summary>The input's layout. The default is null: it is told from the one dimension that is 1 or 3.</summary>
    public ImageLayout? Layout { get; init; }

    /// <summary>What the input makes of pixels. The default is null: an input of bytes takes the pixels themselves, any other [0, 1].</summary>
    public PixelScale? Scale { get; init; }

    /// <summary>What is subtracted from each channel in [0, 1], a finite number each. The default is empty: nothing.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [];

    /// <summary>What each channel is then divided by, a finite number above 0 each. The default is empty: nothing.</summary>
    public IReadOnlyList<double> Std { get; init; } = [];

    /// <summary>The input that takes the images. The default is empty: the only one that can.</summary>
    public string Input { get; init; } = "";

    /// <summary>The output that gives the logits. The default is empty: the file's first.</summary>
    public string Output { get; init; } = "";

    /// <summary>Processor threads of one run. Range 1 to 256, or 0 for one per core; the default is 0.</summary>
    public int Threads { get; init; }

    /// <summary>Images of one run at most, where the file does not fix their number. Range 1 to 65536; the default is 64.</summary>
    public int BatchSize { get; init; } = 64;
}
