namespace DQPipeline.Declarations;

/// <summary>Weights to start a training from, in the place of drawn ones: another model of this dq.json, or a safetensors file, of PyTorch or any other tool. In dq.json a bare text stands for the file's path.</summary>
public sealed record WeightsDeclaration
{
    /// <summary>
    /// The file, relative to dq.json; <c>${NAME}</c> and <c>${NAME:-default}</c> take environment variables. After loading it is an absolute path; keys are made from the content. The default is none.
    /// </summary>
    public string Path { get; init; } = "";

    /// <summary>Another trained model of the same dq.json, in the place of a file: it is trained first, on whatever data, and this one goes on from its weights. The default is none.</summary>
    public string From { get; init; } = "";

    /// <summary>
    /// What the file calls our arrays: <c>"conv1": "features.0"</c> finds <c>conv1.weight</c> under <c>features.0.weight</c>; the longest name that fits goes before others, and what is not named has one name in both.
    /// An empty text leaves a layer to be drawn: <c>"linear": ""</c>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Names { get; init; } = new Dictionary<string, string>();

    /// <summary>What was subtracted of each channel of an image in [0,1] before it came into the file's network: it is taken into the first batch norm. Range 0 to 1; the default is none, which stands for ours.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [];

    /// <summary>By what each channel was divided then: it is taken into the first convolution. Range 0.001 to 10; the default is none, which stands for ours.</summary>
    public IReadOnlyList<double> Std { get; init; } = [];

    /// <summary>Whether there are any.</summary>
    public bool IsActive => Path.Length > 0 || From.Length > 0;
}
