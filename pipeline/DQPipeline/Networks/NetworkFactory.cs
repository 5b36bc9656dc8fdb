using System.Globalization;
using System.Text.RegularExpressions;
using DQPipeline.Declarations;
using TorchSharp;

namespace DQPipeline.Networks;

/// <summary>Builds networks from their descriptions.</summary>
public static partial class NetworkFactory
{
    /// <summary>A new network in training mode, its weights drawn from <paramref name="seed"/> alone: same seed, same weights, on every device.</summary>
    /// <param name="description">Name, activation, image size and labels.</param>
    /// <param name="seed">Seed of the initialisation, at least 0.</param>
    /// <param name="device">Where the network is to live; the processor unless told.</param>
    /// <exception cref="DqException">
    /// DQ1004: the network, one of its layers, or the activation is unknown, the image or the number of classes is too small, or residual sums are to be convex where there are none.
    /// </exception>
    public static Classifier Create(NetworkDescription description, int seed, torch.Device? device = null) => Create(description, seed, device, long.MaxValue);

    /// <summary>The same of a description that nobody vouches for: a line of text can ask for terabytes.</summary>
    /// <param name="description">As above.</param>
    /// <param name="seed">As above.</param>
    /// <param name="device">As above.</param>
    /// <param name="most">Numbers that the network may have, weights and running statistics.</param>
    /// <exception cref="DqException">DQ1004, as above.</exception>
    /// <exception cref="InvalidDataException">It has more; there was no memory taken beyond them.</exception>
    internal static Classifier Create(NetworkDescription description, int seed, torch.Device? device, long most)
    {
        if (description.Channels < 1 || description.Height < 4 || description.Width < 4 || description.Classes < 2)
            throw new DqException(
                DiagnosticCodes.OutOfRange,
                $"A network for {description.Channels}×{description.Height}×{description.Width} images of {description.Classes} classes cannot be built: images need 4 pixels a side, and there must be 2 classes.");
        if (description.Residual is not ("sum" or "convex"))
            throw new DqException(DiagnosticCodes.OutOfRange, $"'{description.Residual}' is no way to join residual branches. Use sum or convex.");
        if (description.Residual == "convex" && !NetworkNames.HasResidualSums(description.Network))
            throw new DqException(DiagnosticCodes.OutOfRange, $"'{description.Network}' has no residual sums that could be convex. Use sum, or resnet-18, wrn-D-K or layers with a block.");
        using var layers = new LayerFactory(seed, device ?? torch.CPU, most);
        var side = Math.Min(description.Height, description.Width);
        if (LayerList.Of(description.Network, side) is { } list)
            return new LayeredNetwork(description, list, layers);
        return description.Network switch
        {
            "vgg-s" => new LayeredNetwork(description, Vgg.S(side), layers),
            "vgg-16" => new LayeredNetwork(description, Vgg.V16(side), layers),
            "resnet-18" => new ResNet(description, layers),
            _ => Wide(description, layers),
        };
    }

    private static WideResNet Wide(NetworkDescription description, LayerFactory layers)
    {
        var match = WideName().Match(description.Network);
        if (!match.Success)
            throw new DqException(DiagnosticCodes.OutOfRange, $"'{description.Network}' is no network. Use vgg-s, vgg-16, resnet-18, wrn-D-K, for instance wrn-16-4, or a list of layers.");
        var depth = int.Parse(match.Groups["depth"].Value, CultureInfo.InvariantCulture);
        var widening = int.Parse(match.Groups["widening"].Value, CultureInfo.InvariantCulture);
        if (depth is < 10 or > 100 || depth % 6 != 4 || widening is < 1 or > 20)
            throw new DqException(DiagnosticCodes.OutOfRange, $"'{description.Network}' is no Wide ResNet: its depth is 10, 16, 22, … 100, its widening factor 1 to 20.");
        return new WideResNet(description, (depth - 4) / 6, widening, layers);
    }

    [GeneratedRegex("^wrn-(?<depth>[0-9]{1,3})-(?<widening>[0-9]{1,2})$", RegexOptions.CultureInvariant)]
    private static partial Regex WideName();
}
