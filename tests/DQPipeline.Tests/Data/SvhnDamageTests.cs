using System.IO.Compression;
using CsCheck;
using DQPipeline.Data;
using DQPipeline.Data.Matlab;
using DQPipeline.Declarations;
using DQPipeline.Testing;

namespace DQPipeline.Tests.Data;

/// <summary>Whatever an SVHN file holds, it gives its images or a coded error, and costs no more memory than it can be worth.</summary>
public sealed class SvhnDamageTests : IDisposable
{
    private readonly SvhnFolder _svhn = new();

    public SvhnDamageTests()
    {
        _svhn.Write("train", [10, 1, 9]);
        _svhn.Write("test", [3, 10]);
    }

    public void Dispose() => _svhn.Dispose();

    private string Train => _svhn.At("train_32x32.mat");

    [Fact]
    public void Faults_are_named_with_file_variable_and_mend()
    {
        void Says(MatWriter file, params string[] words)
        {
            _svhn.Write("train", file);
            var message = _svhn.Fails().Message;
            Assert.All([Train, .. words], word => Assert.Contains(word, message));
        }

        MatWriter X(int count = 2) => SvhnFolder.Images(new MatWriter(), "train", count);
        static MatWriter Y(MatWriter file, MatClass kind = MatClass.Double, uint flags = 0, params double[] labels) => file.Add("y", kind, [labels.Length, 1], MatType.Double, labels, flags: flags);
        static MatWriter Sized(params int[] sides) => Y(new MatWriter().Add("X", MatClass.UInt8, sides, MatType.UInt8, new double[sides.Aggregate(1, (a, b) => a * b)]), labels: [1, 2]);

        Says(X(), "no variable y", "it has X");
        Says(Y(new MatWriter(), labels: 1), "no variable X", "it has y");
        Says(Y(Y(X(), labels: [1, 2]), labels: [1, 2]), "y twice");
        Says(Y(X(), labels: [1, 2, 3]), "y has 3 labels", "X has 2 images");
        Says(Y(X(), labels: [1, 11]), "y says 11 of image 1", "10 (or 0)");
        Says(Y(X(), labels: [-1, 1]), "y says -1 of image 0");
        Says(Y(X(), labels: [2.5, 1]), "y says 2.5 of image 0");
        Says(Y(X(), labels: [double.NaN, 1]), "y says NaN of image 0");
        Says(Y(X(), MatClass.Char, labels: [1, 2]), "y is char 2×1");
        Says(Y(X(), MatClass.Cell, labels: [1, 2]), "y is cell 2×1");
        Says(Y(X(), MatClass.Double, flags: 0x800, 1, 2), "y is complex double 2×1");
        Says(X(4).Add("y", MatClass.Double, [2, 2], MatType.Double, [1, 2, 3, 4]), "y is double 2×2");
        Says(X().Add("y", MatClass.Double, [2, 1], MatType.Matrix, []), "variable y", "type 14");
        Says(X().Add("y", MatClass.Double, [2, 1], MatType.Int16, [1, 2, 3]), "variable y", "6 bytes");
        Says(Sized(2, 2, 3, 4, 1), "X is uint8 2×2×3×4×1");
        Says(Sized(2, 3, 3, 2, 2), "H×W×3×N");
        Says(Sized(2, 32, 32, 3), "X is uint8 2×32×32×3");
        Says(Sized(4, 4), "X is uint8 4×4");
        Says(Sized(4, 4, 1, 2), "X is uint8 4×4×1×2");
        Says(Sized(0, 4, 3, 2), "X is uint8 0×4×3×2");
        Says(Y(new MatWriter().Add("X", MatClass.Double, [1, 1, 3, 2], MatType.UInt8, new double[6]), labels: [1, 2]), "X is double 1×1×3×2");
        Says(Y(new MatWriter().Add("X", MatClass.UInt8, [1, 1, 3, 2], MatType.UInt8, new double[7]), labels: [1, 2]), "variable X", "7 bytes");
        Says(Y(new MatWriter().Add("X", MatClass.UInt8, [1, 1, 3, 2], MatType.Int8, new double[6]), labels: [1, 2]), "variable X", "type 1");
        Says(X().AddRaw(MatType.Double, new byte[8]), "of type 9");
        _svhn.Write("train", Sized(4, 4, 3, 0));
        Assert.Contains("no image", _svhn.Fails(DiagnosticCodes.DataUnfit).Message);
        File.Delete(Train);
        Assert.Contains("dq data fetch svhn", _svhn.Fails(DiagnosticCodes.DataMissing).Message);
    }

    [Fact]
    public async Task A_file_that_is_a_pipe_is_refused_and_not_waited_for()
    {
        File.Delete(Train);
        NamedPipe.Make(Train);
        Assert.Contains("no ordinary file", (await NamedPipe.ReadAsync(() => _svhn.Fails())).Message);
    }

    [Fact]
    public void Files_that_are_no_matlab_files_of_version_five_are_recognised()
    {
        void Is(byte[] bytes, string word)
        {
            File.WriteAllBytes(Train, bytes);
            var message = _svhn.Fails().Message;
            Assert.Contains(Train, message);
            Assert.Contains(word, message);
        }

        byte[] hdf = [0x89, .. "HDF\r\n"u8, 0x1a, (byte)'\n', .. new byte[600]];
        byte[] hdfText = [.. "MATLAB 7.3 MAT-file, Platform: GLNXA64"u8, .. new byte[86], 0, 2, (byte)'I', (byte)'M'];
        Is(hdf, "HDF5");
        Is([.. new byte[512], .. hdf], "HDF5");
        Is([.. hdfText, .. new byte[384], .. hdf], "save -v7");
        Is(hdfText, "HDF5");
        Is([], "0 bytes");
        Is([.. "version https://git-lfs.github.com/spec/v1"u8, .. new byte[100]], "version https://");
        var good = new MatWriter().ToArray();
        good[125] = 3;
        Is(good, "0300");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_cut_anywhere_is_damaged_and_a_whole_one_is_right(bool compressed)
    {
        _svhn.Write("train", [10, 1, 9], compressed);
        var whole = File.ReadAllBytes(Train);
        var right = _svhn.Load().Train;
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(Train, whole[..length]);
            if (length == whole.Length)
                Assert.Equal(right.Pixels, _svhn.Load().Train.Pixels);
            else
                Assert.Contains(Train, _svhn.Fails().Message);
        }
    }

    [Fact]
    public void No_changed_byte_of_a_compressed_file_changes_an_image_or_label()
    {
        _svhn.Write("train", [10, 1, 9], compressed: true);
        var whole = File.ReadAllBytes(Train);
        var right = _svhn.Load().Train;
        for (var at = 0; at < whole.Length; at++)
        {
            foreach (var flip in (byte[])[1, 0x10, 0x80, 0xff])
            {
                var found = Changed(whole, [(at, flip)]);
                Assert.True(found is null || (found.Pixels.SequenceEqual(right.Pixels) && found.Classes.SequenceEqual(right.Classes)), $"byte {at} ^ {flip}");
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Any_changed_bytes_give_images_or_a_coded_error_at_a_small_price(bool compressed)
    {
        _svhn.Write("train", [10, 1, 9], compressed);
        var whole = File.ReadAllBytes(Train);
        // The header's text means nothing, so the changes go where something is said.
        for (var at = 124; at < whole.Length; at++)
            _ = Changed(whole, [(at, 0xff)]);
        Gen.Select(Gen.Int[124, whole.Length - 1], Gen.Byte[1, 255]).Array[1, 4].Sample(changes => Assert.True(Changed(whole, changes) is null or { Count: > 0 }), iter: 1000, threads: 1);
    }

    [Fact]
    public void Dimensions_that_the_file_cannot_hold_cost_nothing()
    {
        foreach (var compressed in (bool[])[false, true])
        {
            foreach (var count in (int[])[2, 2_000_000_000])
            {
                // Both files, so that they are of one size and only the lengths are wrong.
                foreach (var split in (string[])["train", "test"])
                {
                    _svhn.Write(split, new MatWriter()
                        .Add("X", MatClass.UInt8, [16384, 16384, 3, count], MatType.UInt8, new double[18], compressed)
                        .Add("y", MatClass.Double, [count, 1], MatType.Double, [1, 2], compressed));
                }

                Assert.Null(Changed(File.ReadAllBytes(Train), []));
            }
        }

        // A variable that says four gigabytes in some packed bytes.
        var file = new MatWriter();
        File.WriteAllBytes(Train, file.AddRaw(MatType.Compressed, Pack([.. file.Word(14), .. file.Word(0xfffffff8), .. new byte[64]])).ToArray());
        Assert.Contains("which cannot be", _svhn.Fails().Message);
    }

    [Fact]
    public void More_tiny_images_than_can_be_held_with_their_labels_are_refused_before_a_label_is_looked_for()
    {
        const uint images = 300_000_000;
        var file = new MatWriter();
        // What is behind the head is never unpacked: it only has to be long enough to hold 900 million pixels.
        var noise = new byte[1 << 20];
        new Random(5).NextBytes(noise);
        byte[] head =
        [
            .. file.Word(6), .. file.Word(8), .. file.Word(9), .. file.Word(0), // uint8
            .. file.Word(5), .. file.Word(16), .. file.Word(1), .. file.Word(1), .. file.Word(3), .. file.Word(images),
            .. file.Word(0x10001), (byte)'X', 0, 0, 0,
            .. file.Word(2), .. file.Word(3 * images),
        ];
        _svhn.Write("train", file.AddRaw(MatType.Compressed, Pack([.. file.Word(14), .. file.Word((uint)head.Length + (3 * images)), .. head, .. noise])));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("300000000 images of 3 bytes", _svhn.Fails(DiagnosticCodes.DataUnfit).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Labels_beyond_the_first_block_are_the_images_own()
    {
        // More than one block of 4096, and the wrong one is named by its own number.
        const int images = 10_000;
        double[] labels = [.. Enumerable.Range(0, images).Select(i => (double)(i % 10 + 1))];
        foreach (var type in (MatType[])[MatType.UInt8, MatType.Double])
        {
            Write(labels);
            Assert.Equal(labels.Select(label => (int)label % 10), _svhn.Load().Train.Classes);
            Write([.. labels[..9000], 11, .. labels[9001..]]);
            Assert.Contains("y says 11 of image 9000", _svhn.Fails().Message);

            void Write(double[] y) => _svhn.Write("train", SvhnFolder.Images(new MatWriter(), "train", images).Add("y", MatClass.Double, [images, 1], type, y));
        }
    }

    private static byte[] Pack(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>The training images of a changed file; null where the change is noticed. Anything else than a coded error of data fails the test.</summary>
    private ImageSplit? Changed(byte[] whole, (int At, byte Flip)[] changes)
    {
        var bytes = whole.ToArray();
        foreach (var (at, flip) in changes)
            bytes[at] ^= flip;
        File.WriteAllBytes(Train, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            return _svhn.Load().Train;
        }
        catch (DqException e)
        {
            Assert.All(e.Diagnostics, diagnostic => Assert.StartsWith("DQ2", diagnostic.Code));
            return null;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        }
    }
}
