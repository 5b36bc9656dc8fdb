namespace DQPipeline.Onnx.Graphs;

/// <summary>Folds batch norms into the convolutions before them: diag(s)·(W·x + b) + t = (diag(s)·W)·x + (s·b + t).</summary>
public static class Folding
{
    /// <summary>The graph without the affine layers that are the only reader of a convolution; the others stay.</summary>
    public static LayerGraph Fold(LayerGraph graph)
    {
        var layers = new List<Layer>(graph.Layers.Count);
        var moved = new int[graph.Layers.Count];
        for (var i = 0; i < moved.Length; i++)
        {
            var layer = graph.Layers[i];
            if (layer is AffineLayer affine && graph.Layers[affine.Input] is ConvolutionLayer && graph.ReadersOf(affine.Input).Count == 1)
            {
                var at = moved[i] = moved[affine.Input];
                layers[at] = Fold((ConvolutionLayer)layers[at], affine);
            }
            else
            {
                moved[i] = layers.Count;
                layers.Add(Moved(layer, moved));
            }
        }

        return graph with { Layers = layers };
    }

    private static ConvolutionLayer Fold(ConvolutionLayer convolution, AffineLayer affine)
    {
        var size = convolution.Weight.Length / convolution.Outputs;
        var (weight, bias) = (new float[convolution.Weight.Length], new float[convolution.Outputs]);
        for (var i = 0; i < weight.Length; i++)
            weight[i] = convolution.Weight[i] * affine.Scale[i / size];
        for (var c = 0; c < bias.Length; c++)
            bias[c] = (float)(((double)convolution.Bias[c] * affine.Scale[c]) + affine.Shift[c]);
        return convolution with { Weight = weight, Bias = bias };
    }

    private static Layer Moved(Layer layer, int[] moved) => layer switch
    {
        ConvolutionLayer convolution => convolution with { Input = moved[convolution.Input] },
        AffineLayer affine => affine with { Input = moved[affine.Input] },
        ActivationLayer activation => activation with { Input = moved[activation.Input] },
        MaxPoolLayer pool => pool with { Input = moved[pool.Input] },
        SumLayer sum => sum with { Shortcut = moved[sum.Shortcut], Residual = moved[sum.Residual] },
        HeadLayer head => head with { Input = moved[head.Input] },
        _ => layer,
    };
}
