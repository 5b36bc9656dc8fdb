using System.IO.Compression;
using DQPipeline.Declarations;
using DQPipeline.ML.Packaging;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Tests;

/// <summary>Packages as files: the same bytes every time, and nothing read out of one that it should not hold.</summary>
public sealed class PackagingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dq-package-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_same_model_gives_the_same_bytes_and_another_other_ones()
    {
        ModelPackage.Write(At("a.zip"), Models.Integer, new());
        ModelPackage.Write(At("b.zip"), Models.Integer, new());
        ModelPackage.Write(At("c.zip"), Models.Float, new());
        Assert.Equal(File.ReadAllBytes(At("a.zip")), File.ReadAllBytes(At("b.zip")));
        // The clock is not in them: two written within its step would be equal with it too.
        using (var archive = ZipFile.OpenRead(At("a.zip")))
            Assert.All(archive.Entries, entry => Assert.Equal(new DateTime(1980, 1, 1), entry.LastWriteTime.DateTime));
        Assert.NotEqual(File.ReadAllBytes(At("a.zip")), File.ReadAllBytes(At("c.zip")));
        Assert.Equal(Models.Integer, ModelPackage.ReadModel(At("a.zip")));
        Assert.Equal(Models.Float, ModelPackage.ReadModel(At("c.zip")));
    }

    [Fact]
    public void An_app_loads_it_and_shows_it_images()
    {
        ModelPackage.Write(At("a.zip"), Models.Integer, new() { IsAdversarialColumnName = "IsAdversarial" });
        var context = Models.Context();
        var model = context.Model.Load(At("a.zip"), out _);
        var rows = Models.Pixels(20).Select((planes, i) => new Models.PictureRow { Number = i, Image = Models.Picture(planes) });
        var scored = model.Transform(context.Data.LoadFromEnumerable(rows));
        Assert.Equal(Models.Best(Models.Logits(Models.Images(20))), scored.GetColumn<string>("PredictedLabel"));
        Assert.Contains(false, scored.GetColumn<bool>("IsAdversarial"));
    }

    [Fact]
    public void What_is_no_package_is_refused_with_a_code()
    {
        Refused(At("nothing.zip"));
        Refused(Written("text.zip", "not a zip"u8.ToArray()));
        ModelPackage.Write(At("a.zip"), Models.Integer, new());
        var whole = File.ReadAllBytes(At("a.zip"));
        foreach (var length in new[] { 1, 30, whole.Length / 2, whole.Length - 1 })
            Refused(Written("cut.zip", whole[..length]));
        Refused(Zip("empty.zip"));
        Refused(Zip("two.zip", ("a/Model.onnx", [1]), ("b/Model.onnx", [2])));
        Refused(Zip("bomb.zip", ("a/Model.onnx", new byte[50_000_000])));
        Refused(Zip("many.zip", [.. Enumerable.Range(0, 1001).Select(i => ($"{i}", Array.Empty<byte>()))]));
    }

    /// <summary>Names that lead out of a folder are only names: nothing is ever unpacked.</summary>
    [Fact]
    public void Names_with_paths_write_nothing()
    {
        var zip = Zip("slip.zip", ("../../evil/Model.onnx", Models.Integer), ("../../../etc/evil", [1]));
        Assert.Equal(Models.Integer, ModelPackage.ReadModel(zip));
        Assert.Equal([zip], Directory.EnumerateFileSystemEntries(folder));
        Assert.False(Directory.Exists(Path.Combine(folder, "..", "..", "evil")));
    }

    /// <summary>One bit of the archive or of what is in it: refused, or the very same model, where the bit means nothing (a date, a name of another entry).</summary>
    [Fact]
    public void A_changed_bit_never_gives_another_model()
    {
        ModelPackage.Write(At("a.zip"), Models.Integer, new());
        var whole = File.ReadAllBytes(At("a.zip"));
        var random = new Random(5);
        var refused = 0;
        for (var i = 0; i < 400; i++)
        {
            var changed = (byte[])whole.Clone();
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                var file = ModelPackage.ReadModel(Written("bit.zip", changed));
                using var model = Onnx.Inference.DeployedModel.Load(file, "bit");
                Assert.Equal(Models.Integer, file);
            }
            catch (DqException e)
            {
                Assert.Equal(DiagnosticCodes.DeployedModelCorrupt, e.Diagnostics[0].Code);
                refused++;
            }
        }

        Assert.InRange(refused, 200, 400);
    }

    private static void Refused(string path) =>
        Assert.Equal(DiagnosticCodes.DeployedModelCorrupt, Assert.Throws<DqException>(() => ModelPackage.ReadModel(path)).Diagnostics[0].Code);

    private string At(string name) => Path.Combine(folder, name);

    private string Written(string name, byte[] bytes)
    {
        File.WriteAllBytes(At(name), bytes);
        return At(name);
    }

    private string Zip(string name, params (string Name, byte[] Content)[] entries)
    {
        using (var archive = ZipFile.Open(At(name), ZipArchiveMode.Create))
        {
            foreach (var (entry, content) in entries)
            {
                using var stream = archive.CreateEntry(entry).Open();
                stream.Write(content);
            }
        }

        return At(name);
    }
}
