using System.Globalization;
using DQPipeline.Data.Matlab;
using DQPipeline.Declarations;

namespace DQPipeline.Data;

/// <summary>
/// SVHN (Netzer et al., 2011), the cropped digits: train_32x32.mat, test_32x32.mat and, if wanted, extra_32x32.mat in a folder. X is uint8 H×W×3×N, the first dimension fastest; y has N
/// labels, 1 to 9 for their digits and 10 for the digit 0. Images stream from the file into the split, so that nothing lies in memory twice.
/// </summary>
internal static class Svhn
{
    private const int Channels = 3;

    private static readonly string[] Digits = [.. Enumerable.Range(0, 10).Select(digit => digit.ToString(CultureInfo.InvariantCulture))];

    public static ImageDataset Load(SvhnDeclaration declaration, CancellationToken cancellation)
    {
        if (!Directory.Exists(declaration.Path))
            throw DataErrors.Missing($"{declaration.Path} is no folder. `dq data fetch svhn` brings SVHN; then set 'path' to the folder that it wrote.");
        using var train = Open(declaration.Path, "train_32x32.mat", "svhn");
        using var extra = declaration.Extra ? Open(declaration.Path, "extra_32x32.mat", "svhn-extra") : null;
        using var test = Open(declaration.Path, "test_32x32.mat", "svhn");
        foreach (var other in (SvhnFile?[])[extra, test])
        {
            if (other is not null && (other.Height, other.Width) != (train.Height, train.Width))
                throw new DqException(DiagnosticCodes.ImageSize, $"{other.Path} has images of {other.Width}×{other.Height} pixels and {train.Path} of {train.Width}×{train.Height}; a data set has one size.");
        }

        return new ImageDataset(
            Digits, Channels, train.Height, train.Width, declaration.MayFlip,
            Read(extra is null ? [train] : [train, extra], declaration.Train, declaration.Seed, "train", cancellation),
            Read([test], declaration.Test, declaration.Seed, "test", cancellation));
    }

    private static SvhnFile Open(string folder, string name, string fetched)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? new SvhnFile(path) : throw DataErrors.Missing($"{folder} has no {name}. `dq data fetch {fetched}` brings it.");
    }

    private static ImageSplit Read(SvhnFile[] files, int limit, int seed, string split, CancellationToken cancellation)
    {
        var classes = files is [var only] ? only.Classes : [.. files.SelectMany(file => file.Classes)];
        var chosen = Limit.Choose(classes, limit, seed, split);
        var size = files[0].ImageBytes;
        var pixels = Limit.Pixels(chosen.Length, size, files[^1].Path);
        var (first, done) = (0, 0);
        foreach (var file in files)
        {
            var next = Array.FindIndex(chosen, done, index => index >= first + file.Count);
            var wanted = chosen.AsSpan(done, (next < 0 ? chosen.Length : next) - done);
            file.ReadImages(wanted, first, pixels.AsSpan(done * size, wanted.Length * size), cancellation);
            first += file.Count;
            done += wanted.Length;
        }

        return new ImageSplit(pixels, chosen.Length == classes.Length ? classes : [.. chosen.Select(index => classes[index])]);
    }

    /// <summary>One of the files: its labels are read at once, its images when they are asked for.</summary>
    private sealed class SvhnFile : IDisposable
    {
        private const int LargestSide = 16384;

        /// <summary>Labels that are held as the file has them, before they are classes.</summary>
        private const int Block = 4096;

        private readonly MatFile _file;
        private readonly MatVariable _images;

        public SvhnFile(string path)
        {
            _file = new MatFile(path);
            try
            {
                _images = _file.Find("X");
                (Height, Width, Count) = Sizes(_images);
                CheckLength();
                Limit.CheckCount(Count, ImageBytes, Path);
                Classes = ReadClasses(_file.Find("y"));
            }
            catch
            {
                _file.Dispose();
                throw;
            }
        }

        public string Path => _file.Path;

        public int Height { get; }

        public int Width { get; }

        public int Count { get; }

        public int ImageBytes => Channels * Height * Width;

        public int[] Classes { get; }

        /// <summary>Reads images, C×H×W each, row after row.</summary>
        /// <param name="wanted">Numbers of the images, rising.</param>
        /// <param name="first">The number of the file's first image.</param>
        /// <param name="to">Where they go, one after the other.</param>
        /// <param name="cancellation">Ends the reading early.</param>
        public void ReadImages(ReadOnlySpan<int> wanted, int first, Span<byte> to, CancellationToken cancellation)
        {
            using var element = _file.Open(_images);
            var image = new byte[ImageBytes];
            for (var i = 0; i < Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                element.Read(image);
                if (wanted.Length == 0 || wanted[0] != first + i)
                    continue;
                ToRows(image, to[..ImageBytes]);
                wanted = wanted[1..];
                to = to[ImageBytes..];
            }

            // Also after the last image that is wanted: only at its end does a compressed variable show whether it is whole.
            element.Finish();
        }

        public void Dispose() => _file.Dispose();

        /// <summary>MATLAB stores a plane column after column.</summary>
        private void ToRows(ReadOnlySpan<byte> columns, Span<byte> rows)
        {
            var (height, width) = (Height, Width);
            for (var plane = 0; plane < rows.Length; plane += height * width)
            {
                var from = columns.Slice(plane, height * width);
                var to = rows.Slice(plane, height * width);
                for (var y = 0; y < height; y++)
                {
                    for (var x = 0; x < width; x++)
                        to[y * width + x] = from[x * height + y];
                }
            }
        }

        /// <summary>MATLAB drops a last dimension of 1, so that one image has three.</summary>
        private (int Height, int Width, int Count) Sizes(MatVariable images)
        {
            var sides = images.Dimensions;
            if (images.Class != MatClass.UInt8 || images.IsComplex || sides.Length is not (3 or 4) || sides[2] != Channels)
                throw DataErrors.Corrupt($"{Path}: the variable X is {images}, and should be uint8 H×W×{Channels}×N. Fetch the file again, or save X so.");
            var count = sides.Length == 4 ? sides[3] : 1;
            if (count == 0)
                throw DataErrors.Unfit($"{Path}: the variable X is {images} and holds no image.");
            return sides[0] is > 0 and <= LargestSide && sides[1] is > 0 and <= LargestSide
                ? (sides[0], sides[1], count)
                : throw DataErrors.Corrupt($"{Path}: the variable X is {images}; 1 to {LargestSide} pixels a side are possible. The file is damaged; fetch it again.");
        }

        /// <summary>Before room is made for the images: damaged dimensions must not cost gigabytes.</summary>
        private void CheckLength()
        {
            using var element = _file.Open(_images);
            if (element.Data.Type != MatType.UInt8 || element.Data.Bytes != (long)Count * ImageBytes)
                throw element.Damaged($"holds {element.Data.Bytes} bytes of type {(int)element.Data.Type}, and {_images} is {(long)Count * ImageBytes} of type {(int)MatType.UInt8}");
        }

        private int[] ReadClasses(MatVariable labels)
        {
            if (!labels.IsNumeric || labels.Dimensions is not ([_, 1] or [1, _]))
                throw DataErrors.Corrupt($"{Path}: the variable y is {labels}, and should be N×1 numbers. Fetch the file again, or save y so.");
            if ((long)labels.Dimensions[0] * labels.Dimensions[1] is var count && count != Count)
                throw DataErrors.Corrupt($"{Path}: the variable y has {count} labels and X has {Count} images. One of the two is another file's; fetch the file again.");

            using var element = _file.Open(labels);
            if (MatNumbers.SizeOf(element.Data.Type) is var size && (size == 0 || element.Data.Bytes != (long)Count * size))
                throw element.Damaged($"holds {element.Data.Bytes} bytes of type {(int)element.Data.Type}, and should hold {Count} numbers");
            var classes = new int[Count];
            var numbers = new double[Math.Min(Count, Block)];
            for (var at = 0; at < Count; at += Block)
            {
                var some = Math.Min(Count - at, Block);
                element.ReadNumbers(numbers.AsSpan(0, some));
                for (var i = 0; i < some; i++)
                    classes[at + i] = Digit(numbers[i], at + i);
            }

            element.Finish();
            return classes;
        }

        private int Digit(double label, int image) => label is >= 0 and <= 10 && label == Math.Floor(label)
            ? (int)label % 10
            : throw DataErrors.Corrupt(string.Create(CultureInfo.InvariantCulture, $"{Path}: the variable y says {label} of image {image}; labels are 1 to 9, and 10 (or 0) for the digit 0. Fetch the file again."));
    }
}
