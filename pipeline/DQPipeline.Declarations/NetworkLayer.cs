using System.Globalization;
using System.Text.RegularExpressions;

namespace DQPipeline.Declarations;

/// <summary>What a layer of a declared network is.</summary>
public enum NetworkLayerKind
{
    /// <summary><c>conv</c>: a convolution, batch norm, the bounded activation and its quantizer.</summary>
    Convolution,

    /// <summary><c>block</c>: the basic residual block of ResNet (He et al. 2015) with two such convolutions of 3×3; where width or size change, its shortcut is a 1×1 convolution.</summary>
    Block,

    /// <summary><c>maxpool</c>: the largest of each 2×2 values.</summary>
    MaxPool,

    /// <summary><c>linear</c>: global average pooling and the linear layer that gives the logits.</summary>
    Linear,
}

/// <summary>One entry of a network's list of layers: <c>conv 64</c>, <c>conv 64 5x5 /2</c>, <c>block 128 /2</c>, <c>maxpool</c>, <c>linear</c>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Channels">Channels of the result, 1 to 4096; 0 where the kind has none of its own.</param>
/// <param name="Kernel">Side of a convolution's kernel: 1, 3, 5 or 7. The map is padded so that step 1 keeps its size.</param>
/// <param name="Stride">Step of a convolution, or of the first one of a block: 1 to 4.</param>
public sealed partial record NetworkLayer(NetworkLayerKind Kind, int Channels = 0, int Kernel = 3, int Stride = 1)
{
    internal const string Pattern = "^(conv [1-9][0-9]{0,3}( [1357]x[1357])?( /[1-4])?|block [1-9][0-9]{0,3}( /[1-4])?|maxpool|linear)$";

    private const int MostChannels = 4096;

    /// <summary>As it is written in dq.json, what is the default left out.</summary>
    public override string ToString() => Kind switch
    {
        NetworkLayerKind.Convolution => string.Create(CultureInfo.InvariantCulture, $"conv {Channels}{(Kernel == 3 ? "" : $" {Kernel}x{Kernel}")}{Step}"),
        NetworkLayerKind.Block => string.Create(CultureInfo.InvariantCulture, $"block {Channels}{Step}"),
        NetworkLayerKind.MaxPool => "maxpool",
        _ => "linear",
    };

    private string Step => Stride == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" /{Stride}");

    /// <summary>The layer that a text stands for, or what is wrong with it.</summary>
    internal static NetworkLayer? Parse(string text, out string? complaint)
    {
        complaint = null;
        var match = Form().Match(text.Trim());
        if (!match.Success)
        {
            complaint = $"\"{text}\" is no layer; write conv CHANNELS [KxK] [/STEP], block CHANNELS [/STEP], maxpool or linear, for instance \"conv 64 5x5 /2\"";
            return null;
        }

        var (rows, columns) = (Number(match.Groups["rows"], 3), Number(match.Groups["columns"], 3));
        var layer = match.Groups["plain"].Value switch
        {
            "maxpool" => new NetworkLayer(NetworkLayerKind.MaxPool),
            "linear" => new NetworkLayer(NetworkLayerKind.Linear),
            _ => new NetworkLayer(match.Groups["wide"].Value == "conv" ? NetworkLayerKind.Convolution : NetworkLayerKind.Block, Number(match.Groups["channels"], 0), rows, Number(match.Groups["step"], 1)),
        };
        if (layer.Kind is NetworkLayerKind.Convolution or NetworkLayerKind.Block)
        {
            complaint = layer.Channels is < 1 or > MostChannels ? $"\"{text}\": a layer has 1 to {MostChannels} channels"
                : rows != columns || rows is not (1 or 3 or 5 or 7) ? $"\"{text}\": kernels are 1x1, 3x3, 5x5 or 7x7"
                : layer.Kind == NetworkLayerKind.Block && match.Groups["rows"].Success ? $"\"{text}\": the kernels of a block are 3x3, so that none is written"
                : layer.Stride is < 1 or > 4 ? $"\"{text}\": a step is from /1 to /4"
                : null;
        }

        return complaint is null ? layer : null;
    }

    private static int Number(Group digits, int otherwise) => digits.Success ? int.Parse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;

    [GeneratedRegex("^((?<plain>maxpool|linear)|(?<wide>conv|block) +(?<channels>[0-9]{1,6})( +(?<rows>[0-9]{1,3})x(?<columns>[0-9]{1,3}))?( +/(?<step>[0-9]{1,3}))?)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
