using DQPipeline.Networks;
using DQPipeline.Tests.Attacks;
using DQPipeline.Training;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Training;

public class WeightGridTests
{
    /// <summary>Each weight is the nearest k·s of its channel, halves to the even k, found here one by one.</summary>
    [Theory]
    [InlineData("vgg-s")]
    [InlineData("wrn-10-1")]
    [InlineData("resnet-18")]
    public void Each_weight_goes_to_the_nearest_of_its_channels_values(string name)
    {
        using var scope = NewDisposeScope();
        using var network = NetworkFactory.Create(Toys.Describe(3, 16, 16, 4) with { Network = name }, 1);
        using (no_grad())
            network.WeightLayers[0].Weight[2].zero_();
        var before = network.WeightLayers.Select(layer => layer.Weight.data<float>().ToArray()).ToArray();
        WeightGrid.Round(network);
        Assert.NotEmpty(before);
        foreach (var (layer, old) in network.WeightLayers.Zip(before))
        {
            var size = old.Length / (int)layer.Weight.shape[0];
            foreach (var (row, rounded) in old.Chunk(size).Zip(layer.Weight.data<float>().ToArray().Chunk(size)))
            {
                var step = row.Max(Math.Abs) / 127;
                Assert.Equal(row.Select(w => step == 0 ? 0 : MathF.Round(w / step) * step), rounded);
            }
        }

        // What is there stays there.
        var once = network.WeightLayers.Select(layer => layer.Weight.data<float>().ToArray()).ToArray();
        WeightGrid.Round(network);
        foreach (var (layer, expected) in network.WeightLayers.Zip(once))
            Assert.Equal(expected, layer.Weight.data<float>().ToArray(), (a, b) => Math.Abs(a - b) <= 1e-6 * Math.Abs(a));
    }
}
