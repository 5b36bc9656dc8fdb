namespace DQPipeline.Declarations;

/// <summary>What the text of a network says of it: a name, or a list of layers (<see cref="LayerList"/>).</summary>
public static class NetworkNames
{
    internal const string Pattern = $"^(vgg-s|vgg-16|resnet-18|wrn-[0-9]+-[0-9]+|{LayerList.Pattern})$";

    private static readonly string[] Examples = ["vgg-s", "vgg-16", "resnet-18", "wrn-28-10"];

    /// <summary>Whether the network joins branches, so that <see cref="TrainDeclaration.Residual"/> means something: <c>vgg-…</c> do not, nor do lists without a <c>block</c>.</summary>
    public static bool HasResidualSums(string network) =>
        LayerList.Of(network)?.Any(layer => layer.Kind == NetworkLayerKind.Block) ?? !network.StartsWith("vgg-", StringComparison.Ordinal);

    /// <summary>The name, or how many layers there are: for where there is little room.</summary>
    public static string Short(string network) => LayerList.IsList(network) ? $"{LayerList.Texts(network).Length} layers" : network;

    /// <summary>What is wrong with a name, or null.</summary>
    internal static string? Complaint(string network)
    {
        if (network is "vgg-s" or "vgg-16" or "resnet-18")
            return null;
        var parts = network.Split('-');
        if (parts is not ["wrn", var depthText, var widthText] || !int.TryParse(depthText, out var depth) || !int.TryParse(widthText, out var width))
            return $"\"{network}\" is not vgg-s, vgg-16, resnet-18, wrn-D-K or a list of layers{Spelling.DidYouMean(network, Examples)}";
        if (depth < 10 || depth > 100 || (depth - 4) % 6 != 0)
            return $"a Wide ResNet's depth is 6n + 4 from 10 to 100 (10, 16, 22, 28, 34, 40, …), not {depth}";
        return width is < 1 or > 20 ? $"a Wide ResNet's widening factor is from 1 to 20, not {width}" : null;
    }
}
