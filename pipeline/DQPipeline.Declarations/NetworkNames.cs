namespace DQPipeline.Declarations;

/// <summary>The names of networks, and what a name says of its network.</summary>
public static class NetworkNames
{
    internal const string Pattern = "^(vgg-s|vgg-16|resnet-18|wrn-[0-9]+-[0-9]+)$";

    private static readonly string[] Examples = ["vgg-s", "vgg-16", "resnet-18", "wrn-28-10"];

    /// <summary>Whether the network joins branches, so that <see cref="TrainDeclaration.Residual"/> means something: all but <c>vgg-…</c> do.</summary>
    public static bool HasResidualSums(string network) => !network.StartsWith("vgg-", StringComparison.Ordinal);

    /// <summary>What is wrong with a name, or null.</summary>
    internal static string? Complaint(string network)
    {
        if (network is "vgg-s" or "vgg-16" or "resnet-18")
            return null;
        var parts = network.Split('-');
        if (parts is not ["wrn", var depthText, var widthText] || !int.TryParse(depthText, out var depth) || !int.TryParse(widthText, out var width))
            return $"\"{network}\" is not vgg-s, vgg-16, resnet-18 or wrn-D-K{Spelling.DidYouMean(network, Examples)}";
        if (depth < 10 || depth > 100 || (depth - 4) % 6 != 0)
            return $"a Wide ResNet's depth is 6n + 4 from 10 to 100 (10, 16, 22, 28, 34, 40, …), not {depth}";
        return width is < 1 or > 20 ? $"a Wide ResNet's widening factor is from 1 to 20, not {width}" : null;
    }
}
