using System.Globalization;
using DQPipeline.Declarations;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace DQPipeline.Onnx.Inference;

/// <summary>The input of a foreign model that takes the images, and what it makes of pixels.</summary>
internal sealed class ForeignInput
{
    private readonly TensorElementType type;
    private readonly float[] mean;
    private readonly float[] std;

    private ForeignInput(string name, NodeMetadata declared, (int Channels, int Height, int Width) images, ImageLayout layout, ForeignModelOptions options)
    {
        Name = name;
        (Channels, Height, Width) = images;
        Batch = declared.Dimensions[0] > 0 ? declared.Dimensions[0] : null;
        (type, Layout) = (declared.ElementDataType, layout);
        Scale = options.Scale ?? (TakesBytes ? PixelScale.Pixels : PixelScale.Unit);
        mean = [.. options.Mean.Select(value => (float)value)];
        std = [.. options.Std.Select(value => (float)value)];
    }

    public string Name { get; }

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    public ImageLayout Layout { get; }

    public PixelScale Scale { get; }

    /// <summary>How many images every run takes; null where that is free.</summary>
    public int? Batch { get; }

    public bool TakesBytes => type == TensorElementType.UInt8;

    public int ImageSize => Channels * Height * Width;

    /// <summary>Finds the input for images of a size.</summary>
    /// <param name="file">What errors call the file.</param>
    /// <param name="session">The file.</param>
    /// <param name="images">Channels, rows and columns of the images.</param>
    /// <param name="options">What the file does not say.</param>
    /// <exception cref="DqException">DQ5001: no input takes images. DQ2005: it takes images of another size. DQ1004: an option does not fit it, or is needed.</exception>
    public static ForeignInput Of(string file, InferenceSession session, (int Channels, int Height, int Width) images, ForeignModelOptions options)
    {
        var name = Find(file, session, options.Input);
        var declared = session.InputMetadata[name];
        var dimensions = declared.Dimensions;
        var layout = options.Layout ?? Told(name, dimensions);
        var (channels, height, width) = layout == ImageLayout.Nchw ? (dimensions[1], dimensions[2], dimensions[3]) : (dimensions[3], dimensions[1], dimensions[2]);
        if (!Fits(channels, images.Channels) || !Fits(height, images.Height) || !Fits(width, images.Width))
        {
            throw new DqException(
                DiagnosticCodes.DataUnfit,
                string.Create(CultureInfo.InvariantCulture, $"The data's images are {images.Channels}×{images.Height}×{images.Width} (channels, rows, columns), but '{file}' takes {Size(channels)}×{Size(height)}×{Size(width)}; take data of that size."));
        }

        var input = new ForeignInput(name, declared, images, layout, options);
        input.CheckOptions(options);
        if ((long)(input.Batch ?? 1) * input.ImageSize > Array.MaxLength)
            throw ForeignModel.Unusable(file, $"its input '{name}' takes {input.Batch} images at once, more than one array holds");
        return input;
    }

    /// <summary>The input for images, N×C×H×W in [0,1], filled up with copies where the file fixes a greater number.</summary>
    public OrtValue Value(ReadOnlySpan<float> images)
    {
        var count = images.Length / ImageSize;
        var rows = Batch ?? count;
        var scaled = new float[rows * ImageSize];
        for (var row = 0; row < rows; row++)
            Fill(images.Slice(row % count * ImageSize, ImageSize), scaled.AsSpan(row * ImageSize, ImageSize));
        long[] shape = Layout == ImageLayout.Nchw ? [rows, Channels, Height, Width] : [rows, Height, Width, Channels];
        return type switch
        {
            TensorElementType.UInt8 => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(scaled, value => (byte)Math.Clamp(MathF.Round(value), 0, byte.MaxValue)), shape),
            TensorElementType.Float16 => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(scaled, value => (Float16)value), shape),
            TensorElementType.Double => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(scaled, value => (double)value), shape),
            _ => OrtValue.CreateTensorValueFromMemory(scaled, shape),
        };
    }

    private void Fill(ReadOnlySpan<float> image, Span<float> filled)
    {
        var plane = Height * Width;
        for (var i = 0; i < image.Length; i++)
        {
            var (channel, pixel) = Math.DivRem(i, plane);
            var value = Scale switch
            {
                PixelScale.Pixels => image[i] * byte.MaxValue,
                PixelScale.Signed => (image[i] * 2) - 1,
                _ => image[i],
            };
            if (mean.Length > 0)
                value -= mean[channel];
            if (std.Length > 0)
                value /= std[channel];
            filled[Layout == ImageLayout.Nchw ? i : (pixel * Channels) + channel] = value;
        }
    }

    private void CheckOptions(ForeignModelOptions options)
    {
        if (TakesBytes && (Scale != PixelScale.Pixels || mean.Length > 0 || std.Length > 0))
            throw Refused($"the input '{Name}' takes bytes, which are the pixels 0 to 255 and no others: leave --scale, --mean and --std out.");
        if (Scale != PixelScale.Unit && (mean.Length > 0 || std.Length > 0))
            throw Refused("--mean and --std are about values in [0,1], so --scale can be unit alone with them.");
        if ((mean.Length > 0 && mean.Length != Channels) || (std.Length > 0 && std.Length != Channels))
            throw Refused($"--mean and --std take a number for each channel, and the images have {Channels}.");
        if (options.Mean.Any(value => !double.IsFinite(value)) || std.Any(value => !(value > 0) || !float.IsFinite(value)))
            throw Refused("--mean takes finite numbers, --std finite numbers above 0.");
    }

    private static string Find(string file, InferenceSession session, string asked)
    {
        if (asked.Length > 0)
        {
            if (!session.InputMetadata.TryGetValue(asked, out var input))
                throw new DqException(DiagnosticCodes.UnknownName, $"'{file}' has no input '{asked}'{Spelling.DidYouMean(asked, session.InputNames)}; it has {string.Join(", ", session.InputNames)}.");
            return TakesImages(input) ? asked : throw ForeignModel.Unusable(file, $"its input '{asked}' is {Words(input)}, {Taken}");
        }

        var fitting = session.InputNames.Where(name => TakesImages(session.InputMetadata[name])).ToList();
        return fitting.Count switch
        {
            1 => fitting[0],
            0 => throw ForeignModel.Unusable(file, $"it has no input for images ({string.Join("; ", session.InputNames.Select(name => $"'{name}' is {Words(session.InputMetadata[name])}"))}), {Taken}"),
            _ => throw Refused($"'{file}' has {fitting.Count} inputs that could take images: {string.Join(", ", fitting)}. Say which by --input."),
        };
    }

    private const string Taken = "and what is taken is an array of four dimensions of float32, float16, float64 or uint8";

    private static bool TakesImages(NodeMetadata input) =>
        input.IsTensor && input.Dimensions.Length == 4 && input.ElementDataType is TensorElementType.Float or TensorElementType.UInt8 or TensorElementType.Float16 or TensorElementType.Double;

    private static ImageLayout Told(string name, int[] dimensions)
    {
        var (first, last) = (dimensions[1] is 1 or 3, dimensions[3] is 1 or 3);
        return first == last
            ? throw Refused($"the input '{name}' is {Shape(dimensions)}, which does not tell where its channels are. Say so by --layout nchw or --layout nhwc.")
            : first ? ImageLayout.Nchw : ImageLayout.Nhwc;
    }

    private static bool Fits(int declared, int size) => declared <= 0 || declared == size;

    private static string Words(NodeMetadata input) => input.IsTensor ? $"{input.ElementDataType} {Shape(input.Dimensions)}" : "no array";

    private static string Shape(int[] dimensions) => $"[{string.Join(", ", dimensions.Select(Size))}]";

    private static string Size(int size) => size > 0 ? size.ToString(CultureInfo.InvariantCulture) : "?";

    private static DqException Refused(string why) => new(DiagnosticCodes.OutOfRange, why);
}
