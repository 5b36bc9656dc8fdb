using DQPipeline.Data;
using DQPipeline.Declarations;

namespace DQPipeline.Tests.Data;

/// <summary>The python versions of CIFAR as Python writes them: the published ones are of Python 2, which <c>old</c> writes operation for operation.</summary>
public sealed class CifarPythonTests : IDisposable
{
    /// <summary>argv: folder, form, kind. Writes the files into the folder that the archive unpacks to, that archive, and what numpy says of the images.</summary>
    private const string Writer = """
        import io, os, pickle, struct, sys, tarfile
        import numpy as np
        folder, form, kind = sys.argv[1:]

        class Old(pickle._Pickler):
            # Python 2 has one kind of text, whose bytes stand as they are.
            dispatch = dict(pickle._Pickler.dispatch)
            def text(self, value):
                raw = value.encode("latin1") if isinstance(value, str) else value
                self.write(b"U" + struct.pack("<B", len(raw)) + raw if len(raw) < 256 else b"T" + struct.pack("<i", len(raw)) + raw)
                self.memoize(value)
            dispatch[str] = dispatch[bytes] = text

        def dump(value, path):
            with open(path, "wb") as file:
                if form == "old":
                    Old(file, 2).dump(value)
                else:
                    pickle.dump(value, file, protocol=int(form))
            with open(path, "rb") as file:
                again = pickle.load(file, encoding="latin1")
                assert np.array_equal(again["data"], value["data"]) if "data" in value else list(again) == list(value)

        random = np.random.default_rng(8)
        inner = os.path.join(folder, "cifar-10-batches-py" if kind == "10" else "cifar-100-python")
        os.makedirs(inner)
        names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"] if kind == "10" else ["train", "test"]
        pixels, labels = [], []
        for name in names:
            data = random.integers(0, 256, (12, 3072), dtype=np.uint8)
            if name == "data_batch_3":
                data = np.asfortranarray(data)
            if kind == "10":
                value = {"batch_label": name, "labels": random.integers(0, 10, 12).tolist(), "data": data, "filenames": [f"image_{i}.png" for i in range(12)]}
                labels += value["labels"]
            else:
                value = {"filenames": ["a"] * 12, "batch_label": name, "fine_labels": random.integers(0, 100, 12).tolist(), "coarse_labels": random.integers(0, 20, 12).tolist(), "data": data}
                labels += value["fine_labels"] + value["coarse_labels"]
            pixels.append(data.tobytes(order="C"))
            dump(value, os.path.join(inner, name))
        if kind == "10":
            dump({"num_cases_per_batch": 12, "label_names": [f"class{i}" for i in range(10)], "num_vis": 3072}, os.path.join(inner, "batches.meta"))
        else:
            dump({"fine_label_names": [f"fine{i}" for i in range(100)], "coarse_label_names": [f"coarse{i}" for i in range(20)]}, os.path.join(inner, "meta"))
        with tarfile.open(os.path.join(folder, "cifar.tar.gz"), "w:gz") as archive:
            archive.add(inner, arcname=os.path.basename(inner))
        open(os.path.join(folder, "pixels"), "wb").write(b"".join(pixels))
        open(os.path.join(folder, "labels"), "wb").write(bytes(labels))
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("dq-python-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("old")]
    [InlineData("2")]
    [InlineData("3")]
    [InlineData("4")]
    public void Cifar_10_is_read_from_the_pickles_of_any_Python(string form)
    {
        Write(form, "10");
        var (pixels, labels) = Expected();
        foreach (var path in (string[])[_folder, At("cifar-10-batches-py"), At("cifar.tar.gz")])
        {
            var data = Datasets.Load(new Cifar10Declaration { Path = path });
            Assert.Equal((3, 32, 32, 60, 12), (data.Channels, data.Height, data.Width, data.Train.Count, data.Test.Count));
            Assert.Equal(Enumerable.Range(0, 10).Select(i => $"class{i}"), data.Labels);
            Assert.Equal(pixels, data.Train.Pixels.Concat(data.Test.Pixels));
            Assert.Equal(labels, data.Train.Classes.Concat(data.Test.Classes));
        }
    }

    [Theory]
    [InlineData("old", "fine")]
    [InlineData("3", "coarse")]
    public void Cifar_100_is_read_from_pickles_too(string form, string labels)
    {
        Write(form, "100");
        var (pixels, numbers) = Expected();
        var data = Datasets.Load(new Cifar100Declaration { Path = At("cifar.tar.gz"), Labels = labels });
        Assert.Equal(pixels, data.Train.Pixels.Concat(data.Test.Pixels));
        var first = labels == "fine" ? 0 : 12;
        Assert.Equal(numbers[first..(first + 12)], data.Train.Classes);
        Assert.Equal(numbers[(24 + first)..(36 + first)], data.Test.Classes);
        Assert.Equal((labels == "fine" ? 100 : 20, $"{labels}7"), (data.Labels.Count, data.Labels[7]));
    }

    [Fact]
    public void Both_versions_of_the_same_images_give_the_same_data_set()
    {
        Write("old", "10");
        var python = Datasets.Load(new Cifar10Declaration { Path = _folder });
        // The binary version of these images beside it: it goes first.
        for (var file = 0; file < 6; file++)
        {
            var (pixels, labels) = Expected();
            File.WriteAllBytes(At(file == 5 ? "test_batch.bin" : $"data_batch_{file + 1}.bin"),
                [.. Enumerable.Range(12 * file, 12).SelectMany(i => (byte[])[(byte)labels[i], .. pixels[(3072 * i)..(3072 * (i + 1))]])]);
        }

        var binary = Datasets.Load(new Cifar10Declaration { Path = _folder });
        Assert.Equal("airplane", binary.Labels[0]);
        Assert.Equal(python.Train.Pixels, binary.Train.Pixels);
        Assert.Equal(python.Test.Classes, binary.Test.Classes);
    }

    [Fact]
    public void A_missing_batch_is_named_as_its_version_names_it()
    {
        Write("old", "10");
        File.Delete(At("cifar-10-batches-py/data_batch_4"));
        var error = Assert.Throws<DqException>(() => Datasets.Load(new Cifar10Declaration { Path = _folder })).Diagnostics[0];
        Assert.Equal(DiagnosticCodes.DataMissing, error.Code);
        Assert.Contains("has no data_batch_4.", error.Message);
    }

    private void Write(string form, string kind) => Python.Run(Python.With("numpy", "python3-numpy"), Writer, _folder, form, kind);

    private (byte[] Pixels, int[] Labels) Expected() => (File.ReadAllBytes(At("pixels")), [.. File.ReadAllBytes(At("labels")).Select(label => (int)label)]);

    private string At(string name) => Path.Combine(_folder, name);
}
