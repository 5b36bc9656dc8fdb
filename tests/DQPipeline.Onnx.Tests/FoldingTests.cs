using DQPipeline.Onnx.Graphs;

namespace DQPipeline.Onnx.Tests;

public class FoldingTests
{
    private static readonly ConvolutionLayer Convolution = new("conv", 0, [1, 2, 3, 4], [0.5f, -1], 2, 2, 1, 1);
    private static readonly AffineLayer Affine = new("norm", 1, [2, -3], [10, 20]);

    [Fact]
    public void A_convolution_takes_in_the_batch_norm_behind_it()
    {
        var folded = Folding.Fold(new LayerGraph([new ImageLayer("image", 0, 1), Convolution, Affine, new ActivationLayer("relu", 2, false, 6, 0), new HeadLayer("linear", 3, [1, 1], [0])], 2, 1, 1, 1));
        Assert.Equal(["image", "conv", "relu", "linear"], folded.Layers.Select(layer => layer.Name));
        var convolution = Assert.IsType<ConvolutionLayer>(folded.Layers[1]);
        // Rows by hand: (1, 2)·2, (3, 4)·(−3); biases 0.5·2 + 10 and (−1)·(−3) + 20.
        Assert.Equal([2, 4, -9, -12], convolution.Weight);
        Assert.Equal([11, 23], convolution.Bias);
        Assert.Equal(1, Assert.IsType<ActivationLayer>(folded.Layers[2]).Input);
        Assert.Equal(2, Assert.IsType<HeadLayer>(folded.Layers[3]).Input);
    }

    [Fact]
    public void A_convolution_that_something_else_reads_as_well_stays_as_it_is()
    {
        var graph = new LayerGraph([new ImageLayer("image", 0, 1), Convolution, Affine, new SumLayer("sum", 1, 1, 2), new HeadLayer("linear", 3, [1, 1], [0])], 2, 1, 1, 1);
        Assert.Equal(graph.Layers, Folding.Fold(graph).Layers);
    }

    [Fact]
    public void Of_two_batch_norms_in_a_row_the_first_is_taken_in()
    {
        var folded = Folding.Fold(new LayerGraph([new ImageLayer("image", 0, 1), Convolution, Affine, Affine with { Name = "again", Input = 2 }, new HeadLayer("linear", 3, [1, 1], [0])], 2, 1, 1, 1));
        // The first leaves the second behind a convolution, but not in the graph that is walked: it stays, and computes the same.
        Assert.Equal(["image", "conv", "again", "linear"], folded.Layers.Select(layer => layer.Name));
        Assert.Equal(1, Assert.IsType<AffineLayer>(folded.Layers[2]).Input);
    }
}
