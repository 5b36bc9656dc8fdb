using System.Globalization;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Onnx.Format;

namespace DQPipeline.Export;

/// <summary>A model's description as the metadata of its file: a flat map of words, readable from any language.</summary>
internal static class ModelMetadata
{
    private const string Format = "dqpipeline-model";
    private const string Version = "1";

    /// <summary>The words that stand for a description.</summary>
    public static Dictionary<string, string> Write(ModelDescription model)
    {
        var (network, training) = (model.Network, model.Training);
        return new Dictionary<string, string>
        {
            ["format"] = Format,
            ["version"] = Version,
            ["network"] = network.Network,
            ["residual"] = network.Residual,
            ["activation.kind"] = network.Activation.Kind,
            ["activation.bits"] = Text(network.Activation.Bits),
            ["input.shape"] = $"{Text(network.Channels)},{Text(network.Height)},{Text(network.Width)}",
            ["input.mean"] = Text(NetworkDescription.InputMean),
            ["input.scale"] = Text(NetworkDescription.InputScale),
            ["input.squeeze.bits"] = Text(network.Squeeze.Bits),
            ["input.squeeze.median"] = Text(network.Squeeze.Median),
            ["labels"] = JsonSerializer.Serialize(network.Labels),
            ["training.declaration"] = training.Declaration,
            ["training.key"] = training.Key,
            ["training.dataset"] = training.Dataset,
            ["training.seed"] = Text(training.Seed),
            ["training.epochs"] = Text(training.Epochs),
            ["training.loss"] = Text(training.Loss),
            ["training.accuracy"] = Text(training.Accuracy),
            ["tool.version"] = training.ToolVersion,
            ["torch.version"] = training.TorchVersion,
        };
    }

    /// <summary>The description that the words stand for.</summary>
    /// <exception cref="InvalidDataException">A word is missing or not what it should be.</exception>
    public static ModelDescription Read(IReadOnlyDictionary<string, string> words)
    {
        if (words.GetValueOrDefault("format") != Format)
            throw new InvalidDataException("it is not a DQPipeline model");
        if (Word(words, "version") != Version)
            throw new InvalidDataException($"it has version {Word(words, "version")} of the model format, and this tool reads version {Version}");
        if (Number(words, "input.mean") != NetworkDescription.InputMean || Number(words, "input.scale") != NetworkDescription.InputScale)
            throw new InvalidDataException("it centres its images otherwise than this tool does");
        var shape = Word(words, "input.shape").Split(',');
        if (shape.Length != 3)
            throw new InvalidDataException($"its 'input.shape' is '{Word(words, "input.shape")}' and not channels, height and width");
        var (channels, height, width) = (Integer("input.shape", shape[0]), Integer("input.shape", shape[1]), Integer("input.shape", shape[2]));
        ModelLimits.CheckImages(channels, height, width);
        return new ModelDescription(
            new NetworkDescription(
                Word(words, "network"),
                new ActivationDeclaration { Kind = Word(words, "activation.kind"), Bits = Integer(words, "activation.bits") },
                channels, height, width, Labels(Word(words, "labels")))
            {
                // Files from before there was a choice do not say.
                Residual = words.GetValueOrDefault("residual", "sum"),
                Squeeze = Squeeze(words),
            },
            new TrainingProvenance(
                Word(words, "training.declaration"), Word(words, "training.key"), Word(words, "training.dataset"),
                Integer(words, "training.seed"), Integer(words, "training.epochs"), Number(words, "training.loss"), Number(words, "training.accuracy"),
                Word(words, "tool.version"), Word(words, "torch.version")));
    }

    /// <summary>Files from before squeezing existed say nothing of it: their networks do not squeeze.</summary>
    private static SqueezeDeclaration Squeeze(IReadOnlyDictionary<string, string> words) => words.ContainsKey("input.squeeze.bits")
        ? new SqueezeDeclaration { Bits = Integer(words, "input.squeeze.bits"), Median = Integer(words, "input.squeeze.median") }
        : new SqueezeDeclaration();

    private static string[] Labels(string json)
    {
        try
        {
            return ModelLimits.CheckLabels(JsonSerializer.Deserialize<string[]>(json));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("its labels are no list of names", e);
        }
    }

    private static string Word(IReadOnlyDictionary<string, string> words, string key) =>
        words.TryGetValue(key, out var word) ? word : throw new InvalidDataException($"its metadata lack '{key}'");

    private static int Integer(IReadOnlyDictionary<string, string> words, string key) => Integer(key, Word(words, key));

    private static int Integer(string key, string word) => int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number : throw new InvalidDataException($"its '{key}' holds '{word}', which is no whole number");

    private static double Number(IReadOnlyDictionary<string, string> words, string key) =>
        double.TryParse(Word(words, key), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number : throw new InvalidDataException($"its '{key}' is '{Word(words, key)}', which is no number");

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
