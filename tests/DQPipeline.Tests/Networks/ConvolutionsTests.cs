using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Networks;

/// <summary>Convolutions as they are computed on this machine, and as on one where oneDNN pads wrongly, against torch's own in float64, which is computed without it.</summary>
public class ConvolutionsTests
{
    /// <summary>Input channels, output channels, side, kernel, stride.</summary>
    public static TheoryData<int, int, int, int, int> Shapes() => new()
    {
        // A first layer of colours, and one of grey.
        { 3, 16, 32, 3, 1 },
        { 3, 64, 32, 3, 1 },
        { 1, 24, 28, 3, 1 },
        { 1, 64, 8, 5, 2 },
        // Shortcuts: of ResNet-18, whose last one oneDNN splits into blocks of 48 channels and a rest, and of wide networks.
        { 64, 128, 32, 1, 2 },
        { 128, 256, 16, 1, 2 },
        { 256, 512, 8, 1, 2 },
        { 16, 32, 32, 1, 1 },
        { 320, 640, 16, 1, 2 },
        // Blocks that are full, and some that are not.
        { 64, 64, 16, 3, 1 },
        { 64, 128, 16, 3, 2 },
        { 160, 160, 8, 3, 1 },
        { 32, 80, 4, 3, 2 },
        { 48, 144, 4, 3, 2 },
        { 16, 240, 4, 7, 2 },
        { 8, 12, 9, 5, 2 },
        { 512, 8, 4, 3, 1 },
        { 12, 12, 7, 1, 1 },
        // Padding wider than the result.
        { 256, 448, 4, 7, 2 },
        { 256, 128, 2, 7, 1 },
        { 24, 40, 1, 5, 1 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_layer_and_its_gradients_are_those_of_float64(int inputs, int outputs, int side, int kernel, int stride) =>
        Check(inputs, outputs, side, kernel, stride, (map, weight) =>
        {
            var layer = new Convolution(weight.detach().to(ScalarType.Float32, copy: true), stride);
            return (layer.call(map), layer.Weight, layer);
        });

    [Theory]
    [MemberData(nameof(Shapes))]
    public void So_are_they_in_whole_blocks(int inputs, int outputs, int side, int kernel, int stride) =>
        Check(inputs, outputs, side, kernel, stride, (map, weight) => (Convolutions.OfWholeBlocks(map, weight, null, stride, (kernel / 2, kernel / 2)), weight, weight));

    [Theory]
    [InlineData(3, 8, 3, 0, 0)]
    [InlineData(64, 64, 3, 1, 0)]
    [InlineData(5, 7, 1, 0, 0)]
    public void In_whole_blocks_there_are_biases_and_paddings_of_any_size(int inputs, int outputs, int kernel, int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var (map, weight, bias) = (Draw(ScalarType.Float32, 2, inputs, 9, 8), Draw(ScalarType.Float32, outputs, inputs, kernel, kernel), Draw(ScalarType.Float32, outputs));
        var expected = nn.functional.conv2d(Exact(map), Exact(weight), Exact(bias), [1, 1], [rows, columns]);
        var found = Convolutions.OfWholeBlocks(map, weight, bias, 1, (rows, columns));
        Assert.Equal(expected.shape, found.shape);
        Assert.InRange(Off(expected, found), 0, 2e-6);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_transpose_is_that_of_float64(int inputs, int outputs, int side, int kernel, int stride)
    {
        using var scope = NewDisposeScope();
        var to = ((side - 1) / stride) + 1;
        var (output, weight) = (Draw(ScalarType.Float32, 2, outputs, to, to), Draw(ScalarType.Float32, outputs, inputs, kernel, kernel));
        var missing = side - (((to - 1) * stride) - (2 * (kernel / 2)) + kernel);
        // The transpose is the gradient of ⟨convolution, output⟩.
        var map = zeros([2, inputs, side, side], ScalarType.Float64, requires_grad: true);
        nn.functional.conv2d(map, Exact(weight), null, [stride, stride], [kernel / 2, kernel / 2]).backward([Exact(output)]);
        var found = Convolutions.Transposed(output, weight, stride, (kernel / 2, kernel / 2), (missing, missing));
        Assert.Equal(ScalarType.Float32, found.dtype);
        Assert.Equal(map.shape, found.shape);
        Assert.InRange(Off(map.grad!, found), 0, 5e-6);
    }

    private static void Check(int inputs, int outputs, int side, int kernel, int stride, Func<Tensor, Tensor, (Tensor Result, Tensor Weight, IDisposable Owner)> convolve)
    {
        // float32 loses 2⁻²⁴ an addition, of which there are thousands; bfloat16 rounds each result once, by 2⁻⁹ at most.
        foreach (var (type, tolerance) in new[] { (ScalarType.Float32, 1e-5), (ScalarType.BFloat16, 1 / 256.0) })
        {
            using var scope = NewDisposeScope();
            var (map, weight) = (Draw(type, 4, inputs, side, side), Draw(type, outputs, inputs, kernel, kernel));
            var (exactMap, exactWeight) = (Exact(map).requires_grad_(true), Exact(weight).requires_grad_(true));
            var expected = nn.functional.conv2d(exactMap, exactWeight, null, [stride, stride], [kernel / 2, kernel / 2]);
            var lastMap = ChannelsLast.Of(map).requires_grad_(true);
            var (found, own, owner) = convolve(lastMap, weight.to(type).requires_grad_(true));
            using var owned = owner;
            Assert.Equal(type, found.dtype);
            Assert.Equal(expected.shape, found.shape);
            Assert.InRange(Off(expected, found), 0, tolerance);

            var gradient = Draw(type, expected.shape);
            found.backward([gradient]);
            expected.backward([Exact(gradient)]);
            Assert.InRange(Off(exactMap.grad!, lastMap.grad!), 0, tolerance);
            Assert.InRange(Off(exactWeight.grad!, own.grad!), 0, tolerance);
        }
    }

    private static Tensor Draw(ScalarType type, params long[] shape)
    {
        using var generator = new Generator((ulong)shape.Sum());
        return randn(shape, generator: generator).to(type);
    }

    private static Tensor Exact(Tensor rounded) => rounded.detach().to(ScalarType.Float64);

    /// <summary>The distance over the length of the exact tensor.</summary>
    private static double Off(Tensor exact, Tensor rounded) => ((rounded.detach().to(ScalarType.Float64) - exact.detach()).norm() / exact.detach().norm()).item<double>();
}
