using DQPipeline.Data.Matlab;
using DQPipeline.Declarations;

namespace DQPipeline.Tests.Data;

/// <summary>SVHN's files in every form that MATLAB gives them, and in forms that it does not.</summary>
public sealed class SvhnTests : IDisposable
{
    private static readonly int[] TrainLabels = [10, 1, 9, 5, 10, 2], TestLabels = [3, 10];

    private readonly SvhnFolder _svhn = new();

    public void Dispose() => _svhn.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Columns_become_rows_and_ten_becomes_zero(bool compressed, bool bigEndian)
    {
        _svhn.Write("train", TrainLabels, compressed, bigEndian);
        _svhn.Write("test", TestLabels, !compressed, bigEndian);
        var data = _svhn.Load();
        Assert.Equal((3, 3, 2, false), (data.Channels, data.Height, data.Width, data.MayFlip));
        Assert.Equal("0 1 2 3 4 5 6 7 8 9", string.Join(' ', data.Labels));
        Assert.Equal([0, 1, 9, 5, 0, 2], data.Train.Classes);
        Assert.Equal([3, 0], data.Test.Classes);
        Assert.Equal(Enumerable.Range(0, 6).SelectMany(i => SvhnFolder.Rows("train", i)), data.Train.Pixels);
        Assert.Equal(SvhnFolder.Rows("test", 1), data.Test.Image(1).ToArray());
    }

    [Theory]
    [InlineData("Double", "UInt8")]
    [InlineData("Double", "UInt16")]
    [InlineData("Double", "Int32")]
    [InlineData("Single", "Single")]
    [InlineData("Int8", "Int8")]
    [InlineData("UInt8", "UInt8")]
    [InlineData("Int16", "Int16")]
    [InlineData("UInt32", "UInt32")]
    [InlineData("Int64", "Int64")]
    [InlineData("UInt64", "UInt64")]
    public void Labels_are_read_from_whatever_stores_them(string storedClass, string storedType)
    {
        var (kind, type) = (Enum.Parse<MatClass>(storedClass), Enum.Parse<MatType>(storedType));
        foreach (var bigEndian in (bool[])[false, true])
        {
            // Six labels in a column before X, and two in a row, which fit into a tag where they are bytes.
            _svhn.Write("train", SvhnFolder.Images(new MatWriter(bigEndian).Add("y", kind, [6, 1], type, [10, 1, 9, 5, 0, 2]), "train", 6));
            _svhn.Write("test", SvhnFolder.Images(new MatWriter(bigEndian), "test", 2).Add("y", kind, [1, 2], type, [3, 10]));
            var data = _svhn.Load();
            Assert.Equal([0, 1, 9, 5, 0, 2], data.Train.Classes);
            Assert.Equal([3, 0], data.Test.Classes);
        }
    }

    [Fact]
    public void One_image_has_three_dimensions()
    {
        _svhn.Write("train", TrainLabels);
        _svhn.Write("test", new MatWriter().Add("X", MatClass.UInt8, [3, 2, 3], MatType.UInt8, SvhnFolder.Columns("test", 1).Select(b => (double)b)).Add("y", MatClass.Double, [1, 1], MatType.UInt8, [4]));
        Assert.Equal(SvhnFolder.Rows("test", 0), _svhn.Load().Test.Pixels);
    }

    [Fact]
    public void Other_variables_are_passed_over()
    {
        var file = new MatWriter();
        file.AddRaw(MatType.Matrix, []); // An empty place.
        file.AddRaw(MatType.Matrix, [.. file.Word(6), .. file.Word(8), .. file.Word(17), .. file.Word(0), .. "a form of its own"u8], compressed: true); // A string object.
        file.Add("x", MatClass.Char, [1, 3], MatType.Utf8, []).Add("Y", MatClass.Cell, [4, 4], MatType.Double, [1, 2], compressed: true);
        SvhnFolder.Images(file, "train", 6, compressed: true).Add("", MatClass.UInt8, [1, 5], MatType.UInt8, [1, 2, 3, 4, 5]);
        file.Add("y", MatClass.Double, [6, 1], MatType.UInt8, [10, 1, 9, 5, 10, 2], compressed: true).Add("z", MatClass.Sparse, [0, 0], MatType.Double, []);
        _svhn.Write("train", file);
        _svhn.Write("test", TestLabels);
        Assert.Equal(SvhnFolder.Rows("train", 5), _svhn.Load().Train.Image(5).ToArray());
    }

    [Fact]
    public void Extra_images_stand_after_the_training_images_where_they_are_wanted()
    {
        _svhn.Write("train", TrainLabels);
        _svhn.Write("test", TestLabels);
        Assert.Contains("extra_32x32.mat", _svhn.Fails(DiagnosticCodes.DataMissing, extra: true).Message);
        _svhn.Write("extra", [7, 10, 8], compressed: true);
        Assert.Equal(6, _svhn.Load().Train.Count);
        var data = _svhn.Load(extra: true);
        Assert.Equal([0, 1, 9, 5, 0, 2, 7, 0, 8], data.Train.Classes);
        Assert.Equal(SvhnFolder.Rows("train", 5), data.Train.Image(5).ToArray());
        Assert.Equal(SvhnFolder.Rows("extra", 2), data.Train.Image(8).ToArray());
        Assert.Equal(2, data.Test.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void A_limit_takes_the_very_images_that_the_whole_has(int limit)
    {
        _svhn.Write("train", TrainLabels);
        _svhn.Write("test", TestLabels);
        _svhn.Write("extra", [7, 10, 8], compressed: true);
        var (all, some) = (_svhn.Load(extra: true).Train, _svhn.Load(extra: true, limit).Train);
        var places = DQPipeline.Data.Sampling.ClassBalanced(all.Classes, limit, seed: 7);
        Assert.Equal(places.Select(i => all.Classes[i]), some.Classes);
        Assert.Equal(places.SelectMany(i => all.Image(i).ToArray()), some.Pixels);
    }

    [Fact]
    public void Images_are_not_held_twice_and_other_variables_not_at_all()
    {
        const int images = 400_000, others = 16 << 20;
        var zeros = Enumerable.Repeat(0.0, images * 3);
        _svhn.Write("test", new MatWriter().Add("X", MatClass.UInt8, [1, 1, 3, 1], MatType.UInt8, [1, 2, 3]).Add("y", MatClass.Double, [1, 1], MatType.UInt8, [4]));
        _svhn.Write("train", new MatWriter()
            .AddRaw(MatType.Matrix, [6, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, (byte)'a', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, .. new byte[others]], compressed: true)
            .Add("X", MatClass.UInt8, [1, 1, 3, images], MatType.UInt8, zeros, compressed: true)
            .Add("y", MatClass.UInt8, [images, 1], MatType.UInt8, zeros.Take(images), compressed: true));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(images, _svhn.Load().Train.Count);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // Pixels, class numbers, the places of those that are chosen, and buffers.
        Assert.InRange(allocated, images * 3, images * (3 + 2 * 4) + (2 << 20));
    }

    [Fact]
    public void Files_of_different_sizes_are_refused()
    {
        _svhn.Write("train", TrainLabels);
        _svhn.Write("test", SvhnFolder.Images(new MatWriter(), "test", 2, height: 2, width: 3).Add("y", MatClass.Double, [2, 1], MatType.UInt8, [1, 2]));
        var message = _svhn.Fails(DiagnosticCodes.ImageSize).Message;
        Assert.Contains("3×2", message);
        Assert.Contains("2×3", message);
    }
}
