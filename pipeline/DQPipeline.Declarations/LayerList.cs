namespace DQPipeline.Declarations;

/// <summary>
/// A network as a list of its layers. As one text, which is how keys and model files have it, layers are separated by commas: <c>conv 32, maxpool, conv 64, linear</c>.
/// </summary>
public static class LayerList
{
    internal const string Pattern = "conv [^,]+(, *[^,]+)*, *linear";

    private const int MostLayers = 200;

    /// <summary>Whether a network's text is a list of layers and not a name.</summary>
    public static bool IsList(string network) => network.Contains(',', StringComparison.Ordinal);

    /// <summary>The layers of a text, or null where it is a name.</summary>
    /// <param name="network">The text.</param>
    /// <param name="side">Pixels of an image's shorter side; null where that is not known.</param>
    /// <exception cref="DqException">DQ1004: what it says is no network for such images, and which layer is at fault.</exception>
    public static IReadOnlyList<NetworkLayer>? Of(string network, int? side = null)
    {
        if (!IsList(network))
            return null;
        var layers = Read(Texts(network), side, out var fault);
        return fault is null ? layers : throw new DqException(DiagnosticCodes.OutOfRange, fault.ToString());
    }

    /// <summary>The one text that stands for layers.</summary>
    public static string Text(IEnumerable<NetworkLayer> layers) => string.Join(", ", layers);

    internal static string[] Texts(string network) => network.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>The layers that texts stand for; what is wrong with the first of them that is, with its place in the list, or null.</summary>
    internal static List<NetworkLayer> Read(IReadOnlyList<string> texts, int? side, out LayerFault? fault)
    {
        var layers = new List<NetworkLayer>(texts.Count);
        fault = null;
        for (var i = 0; i < texts.Count && fault is null; i++)
        {
            var layer = NetworkLayer.Parse(texts[i], out var complaint);
            complaint ??= Misplaced(layer!, i, texts.Count);
            if (complaint is null && side is { } before)
            {
                side = After(layer!, before);
                complaint = side == 0 ? $"\"{layer}\" halves a map, and images of this data set come here as one of 1 pixel: leave it out, or a step before it" : null;
            }

            if (complaint is not null)
                fault = new(i, complaint);
            else
                layers.Add(layer!);
        }

        if (texts.Count == 0)
            fault = new(0, "a network has layers, from a \"conv\" to the \"linear\" that ends it");
        return layers;
    }

    /// <summary>Pixels of the shorter side behind a layer.</summary>
    internal static int After(NetworkLayer layer, int side) => layer.Kind switch
    {
        NetworkLayerKind.MaxPool => side / 2,
        NetworkLayerKind.Linear => side,
        _ => ((side - 1) / layer.Stride) + 1,
    };

    private static string? Misplaced(NetworkLayer layer, int index, int count) =>
        count > MostLayers ? $"{count} layers are more than {MostLayers}"
            : index == 0 && layer.Kind != NetworkLayerKind.Convolution ? $"a network begins with a \"conv\", not with \"{layer}\""
            : index == count - 1 && layer.Kind != NetworkLayerKind.Linear ? $"a network ends with \"linear\", not with \"{layer}\""
            : index < count - 1 && layer.Kind == NetworkLayerKind.Linear ? "\"linear\" ends a network, and there is more after it"
            : null;
}

/// <summary>What is wrong with one layer of a list.</summary>
/// <param name="Index">Its place, from 0 on.</param>
/// <param name="Message">What is wrong.</param>
internal sealed record LayerFault(int Index, string Message)
{
    /// <summary>With the place in words, from 1 on.</summary>
    public override string ToString() => $"layer {Index + 1} of the network: {Message}";
}
