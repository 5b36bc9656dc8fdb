using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// The layout N×H×W×C of feature maps: on the outside they are N×C×H×W as ever, but channels are neighbours in memory. Convolutions then read and write
/// maps as they lie, where N×C×H×W is copied into blocks before and out of them after.
/// </summary>
internal static class ChannelsLast
{
    /// <summary>The map in this layout: itself under a new handle where it lies so already, else a copy.</summary>
    /// <param name="map">N×C×H×W in any layout.</param>
    public static Tensor Of(Tensor map)
    {
        using var rows = Rows(map);
        return Map(rows);
    }

    /// <summary>The map as contiguous N×H×W×C.</summary>
    public static Tensor Rows(Tensor map)
    {
        using var rows = map.permute(0, 2, 3, 1);
        return rows.contiguous();
    }

    /// <summary>Contiguous N×H×W×C as a map N×C×H×W.</summary>
    public static Tensor Map(Tensor rows) => rows.permute(0, 3, 1, 2);
}
