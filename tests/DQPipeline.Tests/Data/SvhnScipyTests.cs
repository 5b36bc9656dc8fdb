using DQPipeline.Data;
using DQPipeline.Data.Matlab;
using DQPipeline.Declarations;

namespace DQPipeline.Tests.Data;

/// <summary>SVHN's files as scipy writes them, and our test files as scipy reads them.</summary>
public sealed class SvhnScipyTests : IDisposable
{
    private readonly SvhnFolder _svhn = new();

    public void Dispose() => _svhn.Dispose();

    [Fact]
    public void Files_that_scipy_writes_read_as_scipy_means_them()
    {
        var python = Python.With("scipy.io", "python3-scipy");
        // Every order, compression and class of labels gets a folder with the two files and what numpy says of them.
        const string script = """
            import os, sys
            import numpy as np, scipy.io
            random = np.random.default_rng(5)
            for compressed in (False, True):
                for order in ("Xy", "yX", "aXbyc"):
                    for kind in ("float64", "uint8", "int32", "int64", "float32", "row"):
                        folder = os.path.join(sys.argv[1], f"{order}-{kind}-{compressed}")
                        os.makedirs(folder)
                        for split, count in (("train", 23), ("test", 4)):
                            X = random.integers(0, 256, (32, 32, 3, count), dtype=np.uint8)
                            y = random.integers(1, 11, (count, 1)).astype("float64" if kind == "row" else kind)
                            parts = {"X": X, "y": y.T if kind == "row" else y,
                                     "a": {"field": np.arange(300.0), "text": "words"},
                                     "b": np.array([[1, "two"], [np.zeros((2, 2)), None]], dtype=object)[:, :1],
                                     "c": np.array([1 + 2j, 3])}
                            scipy.io.savemat(os.path.join(folder, split + "_32x32.mat"), {name: parts[name] for name in order}, do_compression=compressed)
                            X.transpose(3, 2, 0, 1).tofile(os.path.join(folder, split + ".pixels"))
                            (y % 10).astype(np.uint8).tofile(os.path.join(folder, split + ".labels"))
            """;
        Python.Run(python, script, _svhn.Path);
        var folders = Directory.GetDirectories(_svhn.Path);
        Assert.Equal(36, folders.Length);
        foreach (var folder in folders)
        {
            var data = Datasets.Load(new SvhnDeclaration { Path = folder });
            Assert.Equal((3, 32, 32, 23, 4), (data.Channels, data.Height, data.Width, data.Train.Count, data.Test.Count));
            foreach (var (name, split) in ((string, ImageSplit)[])[("train", data.Train), ("test", data.Test)])
            {
                Assert.Equal(File.ReadAllBytes(Path.Combine(folder, name + ".pixels")), split.Pixels);
                Assert.Equal(File.ReadAllBytes(Path.Combine(folder, name + ".labels")).Select(label => (int)label), split.Classes);
            }
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Files_of_either_byte_order_mean_the_same_to_scipy(bool bigEndian, bool compressed)
    {
        var python = Python.With("scipy.io", "python3-scipy");
        _svhn.Write("train", SvhnFolder.Images(new MatWriter(bigEndian), "train", 5, compressed).Add("y", MatClass.Double, [5, 1], MatType.Int16, [10, 2, 3, 4, 10], compressed));
        _svhn.Write("test", SvhnFolder.Images(new MatWriter(bigEndian), "test", 2, compressed).Add("y", MatClass.Double, [2, 1], MatType.UInt8, [7, 8], compressed));
        const string script = """
            import sys, scipy.io
            for path in sys.argv[1:]:
                file = scipy.io.loadmat(path)
                print(file["X"].transpose(3, 2, 0, 1).tobytes().hex(), ",".join(str(int(y) % 10) for y in file["y"].ravel()))
            """;
        var lines = Python.Run(python, script, _svhn.At("train_32x32.mat"), _svhn.At("test_32x32.mat")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var data = _svhn.Load();
        Assert.Equal([$"{Convert.ToHexStringLower(data.Train.Pixels)} 0,2,3,4,0", $"{Convert.ToHexStringLower(data.Test.Pixels)} 7,8"], lines);
        Assert.Equal([0, 2, 3, 4, 0], data.Train.Classes);
    }
}
