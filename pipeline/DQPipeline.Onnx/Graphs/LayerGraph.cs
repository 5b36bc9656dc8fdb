namespace DQPipeline.Onnx.Graphs;

/// <summary>A trained network as it is deployed: batch norms folded, layers in the order in which they run.</summary>
/// <param name="Layers">The layers, the image first and the logits last.</param>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns of an image.</param>
/// <param name="Classes">Number of logits K.</param>
public sealed record LayerGraph(IReadOnlyList<Layer> Layers, int Channels, int Height, int Width, int Classes)
{
    /// <summary>What is subtracted from an image in [0,1]: 128/255, so that the byte 128 stands for the centred 0 that pads the first convolution.</summary>
    public const double InputMean = 128.0 / 255.0;

    /// <summary>By what the centred image is multiplied.</summary>
    public const double InputScale = 4.0;

    /// <summary>For each convolution, by name, the first one that reads its result, through layers that change it by itself; none where it comes to a sum or to the logits, at the end of its branch.</summary>
    internal IReadOnlyDictionary<string, string> NextConvolutions()
    {
        var next = new Dictionary<string, string>();
        for (var i = 0; i < Layers.Count; i++)
        {
            if (Layers[i] is ConvolutionLayer convolution && Behind(i) is { } name)
                next.Add(convolution.Name, name);
        }

        return next;

        string? Behind(int layer) => Enumerable.Range(layer + 1, Layers.Count - layer - 1).Where(reader => Layers[reader].Reads.Contains(layer)).Select(reader => Layers[reader] switch
        {
            ConvolutionLayer convolution => convolution.Name,
            SumLayer or HeadLayer => null,
            _ => Behind(reader),
        }).FirstOrDefault(name => name is not null);
    }

    /// <summary>Bytes of the results of all layers for one image, in float.</summary>
    internal long MapBytes()
    {
        var maps = new (long Channels, long Height, long Width)[Layers.Count];
        for (var i = 0; i < maps.Length; i++)
        {
            var of = Layers[i].Reads is [var first, ..] ? maps[first] : (Channels, Height, Width);
            maps[i] = Layers[i] switch
            {
                ConvolutionLayer convolution => (convolution.Outputs, ((of.Height - 1) / convolution.Stride) + 1, ((of.Width - 1) / convolution.Stride) + 1),
                MaxPoolLayer => (of.Channels, of.Height / 2, of.Width / 2),
                HeadLayer => (Classes, 1, 1),
                _ => of,
            };
        }

        return maps.Sum(map => map.Channels * map.Height * map.Width * sizeof(float));
    }

    /// <summary>The layers that read the result of one.</summary>
    public IReadOnlyList<Layer> ReadersOf(int layer) => [.. Layers.Where(reader => reader.Reads.Contains(layer))];
}
