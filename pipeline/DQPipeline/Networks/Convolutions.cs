using DQPipeline.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>torch's convolution, and the same by another way for processors on which it may be wrong (<see cref="OneDnn.PadsWrongly"/>).</summary>
internal static class Convolutions
{
    /// <summary>The cross-correlation of maps with a weight.</summary>
    /// <param name="input">N×cin×H×W, of the weight's type.</param>
    /// <param name="weight">cout×cin×k×l.</param>
    /// <param name="bias">cout; null is none.</param>
    /// <param name="stride">Step between windows, 1 or more.</param>
    /// <param name="padding">Zeros above and below, left and right.</param>
    public static Tensor Of(Tensor input, Tensor weight, Tensor? bias, int stride, (long Rows, long Columns) padding) =>
        MayBeWrong(input) ? OfWholeBlocks(input, weight, bias, stride, padding) : Plain(input, weight, bias, stride, padding);

    /// <summary>The transpose of a convolution without bias, of which no gradient is taken.</summary>
    /// <param name="output">N×cout×H×W, of the weight's type: what the convolution would give.</param>
    /// <param name="weight">cout×cin×k×l, as the convolution has it.</param>
    /// <param name="stride">The convolution's step between windows.</param>
    /// <param name="padding">The convolution's padding.</param>
    /// <param name="missing">Rows and columns at the far end that no window reaches.</param>
    public static Tensor Transposed(Tensor output, Tensor weight, int stride, (long Rows, long Columns) padding, (long Rows, long Columns) missing)
    {
        if (!MayBeWrong(output))
            return nn.functional.conv_transpose2d(output, weight, null, [stride, stride], [padding.Rows, padding.Columns], [missing.Rows, missing.Columns]);
        using var exact = output.to(ScalarType.Float64);
        using var exactWeight = weight.to(ScalarType.Float64);
        using var transposed = Transposed(exact, exactWeight, stride, padding, missing);
        return transposed.to(output.dtype);
    }

    /// <summary>The same with as many channels as fill the blocks of any instruction set, and without the 1×1 convolution, whose blocks are of another size: that is a matrix product.</summary>
    internal static Tensor OfWholeBlocks(Tensor input, Tensor weight, Tensor? bias, int stride, (long Rows, long Columns) padding)
    {
        using var scope = NewDisposeScope();
        var (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        var result = weight.shape[2] == 1 && weight.shape[3] == 1 && padding == (0, 0)
            ? PixelByPixel(input, weight.reshape(outputs, inputs), stride)
            : Padded(input, weight, stride, padding);
        if (bias is not null)
            result = result.add(bias.view(1, outputs, 1, 1), Number.One);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>float64 is computed by torch itself.</summary>
    private static bool MayBeWrong(Tensor map) => OneDnn.PadsWrongly && map.device_type == DeviceType.CPU && map.dtype != ScalarType.Float64;

    private static Tensor Plain(Tensor input, Tensor weight, Tensor? bias, int stride, (long Rows, long Columns) padding) =>
        nn.functional.conv2d(input, weight, bias, [stride, stride], [padding.Rows, padding.Columns]);

    private static Tensor PixelByPixel(Tensor input, Tensor matrix, int stride)
    {
        var rows = input.permute(0, 2, 3, 1).slice(1, 0, input.shape[2], stride).slice(2, 0, input.shape[3], stride);
        return ChannelsLast.Map(rows.matmul(matrix.t()));
    }

    private static Tensor Padded(Tensor input, Tensor weight, int stride, (long Rows, long Columns) padding)
    {
        var (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        var (moreOutputs, moreInputs) = (WholeBlocks(outputs) - outputs, WholeBlocks(inputs) - inputs);
        var rows = ChannelsLast.Rows(input);
        // Where the padding is wider than the result, oneDNN leaves its kernels of AVX-512 for those of AVX2, whose blocks have 24 channels: such maps are given to it padded.
        var padsFirst = padding.Columns > ((input.shape[3] + (2 * padding.Columns) - weight.shape[3]) / stride) + 1;
        if (padsFirst)
            rows = nn.functional.pad(rows, [0, moreInputs, padding.Columns, padding.Columns, padding.Rows, padding.Rows]);
        else if (moreInputs > 0)
            rows = nn.functional.pad(rows, [0, moreInputs]);
        var filled = moreInputs + moreOutputs == 0 ? weight : nn.functional.pad(weight, [0, 0, 0, 0, 0, moreInputs, 0, moreOutputs]);
        var convolved = Plain(ChannelsLast.Map(rows), filled, null, stride, padsFirst ? (0, 0) : padding);
        return moreOutputs == 0 ? convolved : ChannelsLast.Of(convolved.narrow(1, 0, outputs));
    }

    /// <summary>16, 32 or a multiple of 64: what oneDNN's blocks of 8, 16, 32 and 64 channels leave nothing of.</summary>
    private static long WholeBlocks(long channels) => channels switch
    {
        <= 16 => 16,
        <= 32 => 32,
        _ => (channels + 63) / 64 * 64,
    };
}
