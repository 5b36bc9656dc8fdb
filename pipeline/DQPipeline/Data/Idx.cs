using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using DQPipeline.Declarations;
using DQPipeline.Imaging;

namespace DQPipeline.Data;

/// <summary>
/// The idx format of MNIST (LeCun et al.) and its family (Fashion-MNIST, KMNIST, EMNIST): a big-endian header with a type and the dimensions, then bytes.
/// Images are grey and stay so: 1×H×W. Classes are the values that the training labels have, in rising order, so that sets that count from 1 work too.
/// </summary>
internal static class Idx
{
    /// <summary>Two zeros, 8 for unsigned bytes, and the number of dimensions.</summary>
    private const uint ImagesMagic = 0x00000803, LabelsMagic = 0x00000801;

    private const int LargestSide = 16384;

    public static ImageDataset Load(IdxDeclaration declaration, CancellationToken cancellation)
    {
        if (!Directory.Exists(declaration.Path))
            throw DataErrors.Missing($"{declaration.Path} is no folder. Set 'path' to the folder with the four idx files (train-images-idx3-ubyte and so on, plain or .gz).");

        var (trainSize, trainPixels) = Images(declaration.Path, "train-images-idx3-ubyte");
        var trainLabels = LabelsOf(declaration.Path, "train-labels-idx1-ubyte", trainPixels.Length / trainSize.Bytes);
        cancellation.ThrowIfCancellationRequested();
        var (testSize, testPixels) = Images(declaration.Path, "t10k-images-idx3-ubyte");
        var testLabels = LabelsOf(declaration.Path, "t10k-labels-idx1-ubyte", testPixels.Length / testSize.Bytes);
        cancellation.ThrowIfCancellationRequested();

        if (trainSize != testSize)
            throw new DqException(DiagnosticCodes.ImageSize, $"{declaration.Path}: the training images have {trainSize} pixels and the test images {testSize}; a data set has one size.");

        var values = trainLabels.Distinct().Order().ToArray();
        if (values.Length < 2)
            throw DataErrors.Unfit($"{declaration.Path}: all training images are of one class; two or more are needed.");
        if (testLabels.Except(values).ToArray() is [var foreign, ..])
            throw DataErrors.Unfit($"{declaration.Path}: the test images have the class {foreign}, of which there is no training image.");

        return new ImageDataset(
            [.. values.Select(value => value.ToString(CultureInfo.InvariantCulture))], 1, trainSize.Rows, trainSize.Columns, declaration.MayFlip,
            Limit.Apply(Split(trainPixels, trainLabels), declaration.Train, declaration.Seed, "train"), Limit.Apply(Split(testPixels, testLabels), declaration.Test, declaration.Seed, "test"));

        ImageSplit Split(byte[] pixels, byte[] labels) => new(pixels, [.. labels.Select(label => Array.BinarySearch(values, label))]);
    }

    private static (Size Size, byte[] Pixels) Images(string folder, string name)
    {
        using var file = new IdxFile(folder, name, ImagesMagic, dimensions: 3);
        long count = file.Dimensions[0], rows = file.Dimensions[1], columns = file.Dimensions[2];
        if (count == 0)
            throw DataErrors.Unfit($"{file.Path} holds no image.");
        if (rows is 0 or > LargestSide || columns is 0 or > LargestSide)
            throw DataErrors.Corrupt($"{file.Path} says that its images have {columns}×{rows} pixels; 1 to {LargestSide} a side are possible. The file is damaged.");
        return (new Size((int)rows, (int)columns), file.ReadBytes(count, rows * columns));
    }

    private static byte[] LabelsOf(string folder, string name, long images)
    {
        using var file = new IdxFile(folder, name, LabelsMagic, dimensions: 1);
        return file.Dimensions[0] == images
            ? file.ReadBytes(images, 1)
            : throw DataErrors.Corrupt($"{file.Path} says that it holds {file.Dimensions[0]} labels, and there are {images} images. One of the two files is another set's.");
    }

    private readonly record struct Size(int Rows, int Columns)
    {
        public long Bytes => (long)Rows * Columns;

        public override string ToString() => $"{Columns}×{Rows}";
    }

    /// <summary>One idx file, its header read and checked.</summary>
    private sealed class IdxFile : IDisposable
    {
        private const string Mend = "Fetch it again.";

        private readonly Stream _stream;
        private readonly long _mostBytes;

        public IdxFile(string folder, string name, uint magic, int dimensions)
        {
            Path = System.IO.Path.Combine(folder, name);
            if (File.Exists(Path))
            {
                OrdinaryFile.Require(Path, Mend);
                _stream = File.OpenRead(Path);
                _mostBytes = _stream.Length;
            }
            else if (File.Exists(Path + ".gz"))
            {
                Path += ".gz";
                OrdinaryFile.Require(Path, Mend);
                var packed = File.OpenRead(Path);
                _mostBytes = packed.Length * Limit.LargestDeflateRatio;
                _stream = new GZipStream(packed, CompressionMode.Decompress);
            }
            else
            {
                throw DataErrors.Missing($"{folder} has neither {name} nor {name}.gz.");
            }

            try
            {
                var header = new byte[4 * (1 + dimensions)];
                ReadExactly(header);
                var found = BinaryPrimitives.ReadUInt32BigEndian(header);
                if (found != magic)
                    throw DataErrors.Corrupt($"{Path} begins with {found:x8} and not with {magic:x8}: it is no idx file of {(dimensions == 3 ? "images" : "labels")}.");
                Dimensions = [.. Enumerable.Range(1, dimensions).Select(i => BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4 * i)))];
            }
            catch
            {
                _stream.Dispose();
                throw;
            }
        }

        public string Path { get; }

        public uint[] Dimensions { get; }

        /// <summary>The rest of the file, which must be exactly as long as promised.</summary>
        public byte[] ReadBytes(long items, long itemBytes)
        {
            // Checked before the array is made: a damaged header must not cost gigabytes.
            if (items * itemBytes > _mostBytes)
                throw Short();
            Limit.CheckCount(items, itemBytes, Path);
            var bytes = Limit.Pixels(items, itemBytes, Path);
            ReadExactly(bytes);
            if (Guarded(() => _stream.ReadByte()) >= 0)
                throw DataErrors.Corrupt($"{Path} is longer than its header says: {string.Join('×', Dimensions)} bytes. The file is damaged.");
            return bytes;
        }

        public void Dispose() => _stream.Dispose();

        private void ReadExactly(byte[] bytes)
        {
            if (Guarded(() => _stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)) < bytes.Length)
                throw Short();
        }

        private int Guarded(Func<int> read)
        {
            try
            {
                return read();
            }
            catch (InvalidDataException e)
            {
                throw DataErrors.Corrupt($"{Path} cannot be unpacked ({e.Message.TrimEnd('.')}). Fetch it again.", e);
            }
        }

        private DqException Short() => DataErrors.Corrupt(
            Dimensions is null ? $"{Path} is too short for an idx header. Fetch it again." : $"{Path} is shorter than its header says: {string.Join('×', Dimensions)} bytes. It was cut short; fetch it again.");
    }
}
