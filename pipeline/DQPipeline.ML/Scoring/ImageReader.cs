using System.Numerics;
using System.Runtime.InteropServices;
using DQPipeline.Declarations;
using DQPipeline.Imaging;
using DQPipeline.Onnx.Inference;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace DQPipeline.ML.Scoring;

/// <summary>Reads the image of the row that a cursor stands on.</summary>
internal abstract class ImageReader
{
    /// <summary>A reader of a column.</summary>
    public static ImageReader Of(DataViewRow row, DataViewSchema.Column column, DeployedModelInfo info) => column.Type switch
    {
        ImageDataViewType => new Images(row.GetGetter<MLImage>(column), info),
        VectorDataViewType { ItemType: NumberDataViewType item } when item == NumberDataViewType.Byte => new Files(row.GetGetter<VBuffer<byte>>(column), info),
        _ => new Numbers(row.GetGetter<VBuffer<float>>(column), info),
    };

    /// <summary>Reads the image.</summary>
    /// <param name="image">Takes C×H×W numbers in [0,1].</param>
    /// <exception cref="DqException">DQ2002, DQ2004: it cannot be decoded. DQ2005: there is none, or it does not fit the model.</exception>
    public abstract void Read(Span<float> image);

    private static DqException Unfit(string why) => new(DiagnosticCodes.DataUnfit, why);

    private static void Scale(ReadOnlySpan<byte> pixels, Span<float> image)
    {
        for (var i = 0; i < image.Length; i++)
            image[i] = pixels[i] / 255f;
    }

    private sealed class Images(ValueGetter<MLImage> getter, DeployedModelInfo info) : ImageReader
    {
        // Never disposed here: it may be the caller's own object. A loader disposes what it gave when it is asked for the next.
        private MLImage? value;

        public override void Read(Span<float> image)
        {
            getter(ref value!);
            if (value is null)
                throw Unfit("a row has no image");
            var rgba = value.PixelFormat switch
            {
                MLPixelFormat.Rgba32 => value.Pixels,
                MLPixelFormat.Bgra32 => Swapped(value.Pixels),
                var other => throw Unfit($"a row's image is of pixel format {other}; use Bgra32 or Rgba32"),
            };
            Scale(ImageFiles.FromRgba(rgba, value.Height, value.Width, info.Channels, info.Height, info.Width), image);
        }

        private static byte[] Swapped(ReadOnlySpan<byte> bgra)
        {
            var rgba = bgra.ToArray();
            for (var i = 0; i < rgba.Length; i += 4)
                (rgba[i], rgba[i + 2]) = (rgba[i + 2], rgba[i]);
            return rgba;
        }
    }

    private sealed class Files(ValueGetter<VBuffer<byte>> getter, DeployedModelInfo info) : ImageReader
    {
        private VBuffer<byte> value;

        public override void Read(Span<float> image)
        {
            getter(ref value);
            var file = value.IsDense ? value.GetValues() : value.DenseValues().ToArray();
            Scale(ImageFiles.Decode(file, info.Channels, info.Height, info.Width, "a row's image"), image);
        }
    }

    private sealed class Numbers(ValueGetter<VBuffer<float>> getter, DeployedModelInfo info) : ImageReader
    {
        private VBuffer<float> value;

        public override void Read(Span<float> image)
        {
            getter(ref value);
            if (value.Length != info.ImageSize)
                throw Unfit($"a row's image has {value.Length} values, and the model takes {info.Channels}×{info.Height}×{info.Width} = {info.ImageSize}");
            value.CopyTo(image);
            if (!AreFinite(image))
                throw Unfit("a row's image has values that are not finite numbers");
        }

        /// <summary>0 times a number is 0 only where it is finite.</summary>
        private static bool AreFinite(ReadOnlySpan<float> values)
        {
            var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
            var sum = Vector<float>.Zero;
            foreach (var vector in vectors)
                sum += vector * Vector<float>.Zero;
            var rest = Vector.Sum(sum);
            foreach (var value in values[(vectors.Length * Vector<float>.Count)..])
                rest += value * 0;
            return rest == 0;
        }
    }
}
