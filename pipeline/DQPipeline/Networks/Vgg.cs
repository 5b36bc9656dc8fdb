using DQPipeline.Declarations;

namespace DQPipeline.Networks;

/// <summary>The plain convolutional networks of the paper's figure 2 (Simonyan and Zisserman 2014), with a batch norm after each convolution and one linear layer, as lists of layers.</summary>
internal static class Vgg
{
    /// <summary>Stands for a pooling among widths.</summary>
    private const int Pool = 0;

    private static readonly int[] Small = [32, 32, Pool, 64, 64, Pool, 128, 128];

    /// <summary>The pooling after the last stage is part of the global one.</summary>
    private static readonly int[] Sixteen =
        [64, 64, Pool, 128, 128, Pool, 256, 256, 256, Pool, 512, 512, 512, Pool, 512, 512, 512];

    /// <summary>vgg-s.</summary>
    /// <param name="side">Pixels of an image's shorter side.</param>
    public static List<NetworkLayer> S(int side) => Layers(Small, side);

    /// <summary>vgg-16.</summary>
    /// <param name="side">Pixels of an image's shorter side.</param>
    public static List<NetworkLayer> V16(int side) => Layers(Sixteen, side);

    private static List<NetworkLayer> Layers(int[] widths, int side)
    {
        var layers = new List<NetworkLayer>(widths.Length + 1);
        foreach (var width in widths)
        {
            if (width != Pool)
            {
                layers.Add(new(NetworkLayerKind.Convolution, width));
            }
            else if (side >= 2)
            {
                // A map of one pixel cannot be halved: small images meet fewer poolings.
                layers.Add(new(NetworkLayerKind.MaxPool));
                side /= 2;
            }
        }

        layers.Add(new(NetworkLayerKind.Linear));
        return layers;
    }
}
