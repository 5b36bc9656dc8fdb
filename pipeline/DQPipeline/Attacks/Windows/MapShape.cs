using DQPipeline.Onnx.Graphs;

namespace DQPipeline.Attacks.Windows;

/// <summary>The shape of a layer's result.</summary>
internal readonly record struct MapShape(int Channels, int Height, int Width)
{
    /// <summary>Number of its values.</summary>
    public int Size => Channels * Height * Width;

    /// <summary>The shapes of all layers' results; of the head's, the logits.</summary>
    public static MapShape[] Of(LayerGraph graph)
    {
        var shapes = new MapShape[graph.Layers.Count];
        for (var i = 0; i < shapes.Length; i++)
        {
            shapes[i] = graph.Layers[i] switch
            {
                ImageLayer => new(graph.Channels, graph.Height, graph.Width),
                ConvolutionLayer conv => new(conv.Outputs, Slid(shapes[conv.Input].Height, conv), Slid(shapes[conv.Input].Width, conv)),
                MaxPoolLayer pool => shapes[pool.Input] with { Height = shapes[pool.Input].Height / 2, Width = shapes[pool.Input].Width / 2 },
                HeadLayer => new(graph.Classes, 1, 1),
                var layer => shapes[layer.Reads[0]],
            };
        }

        return shapes;
    }

    /// <summary>Results along a side of which ⌊k/2⌋ zeros are before and behind.</summary>
    private static int Slid(int side, ConvolutionLayer conv) => ((side + (2 * (conv.Kernel / 2)) - conv.Kernel) / conv.Stride) + 1;
}
