using System.Globalization;
using System.Text.Json;
using DQPipeline.Onnx.Format;

namespace DQPipeline.Onnx.Inference;

/// <summary>The words of an .onnx file's metadata that are read again.</summary>
internal static class ModelWords
{
    /// <summary>The value under "format".</summary>
    public const string Format = "dqpipeline-onnx";

    /// <summary>The value under "version".</summary>
    public const string Version = "1";

    /// <summary>The key that says float or integer.</summary>
    public const string Arithmetic = "arithmetic";

    /// <summary>The value of <see cref="Arithmetic"/> of a float model.</summary>
    public const string Float = "float32";

    /// <summary>The value of <see cref="Arithmetic"/> of an integer model.</summary>
    public const string Integer = "integer";

    private static readonly JsonSerializerOptions Strict = new() { MaxDepth = 2 };

    /// <summary>The words of a new file.</summary>
    public static Dictionary<string, string> With(IReadOnlyDictionary<string, string> words, string arithmetic) => new(words)
    {
        ["format"] = Format,
        ["version"] = Version,
        [Arithmetic] = arithmetic,
    };

    /// <summary>What the words say, held against the graph.</summary>
    /// <exception cref="InvalidDataException">They lack something, or do not fit the graph.</exception>
    public static DeployedModelInfo Read(ModelReader.Content content)
    {
        var words = content.Metadata;
        if (words.GetValueOrDefault("format") != Format || words.GetValueOrDefault("version") != Version)
            throw new InvalidDataException($"its metadata do not say that it is a model of DQPipeline, version {Version}");
        var labels = Labels(words.GetValueOrDefault("labels") ?? "");
        if (labels.Length != content.Graph.Logits)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"it has {labels.Length} labels for {content.Graph.Logits} logits"));
        var image = content.Graph.Input;
        return new(
            labels, (int)image.Dimensions[0], (int)image.Dimensions[1], (int)image.Dimensions[2], image.Type == TensorProto.Types.DataType.Uint8,
            words.GetValueOrDefault(Arithmetic) == Integer, words);
    }

    private static string[] Labels(string json)
    {
        try
        {
            return ModelLimits.CheckLabels(JsonSerializer.Deserialize<string[]>(json, Strict));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("its labels are no list of names", e);
        }
    }
}
