using System.IO.Compression;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Reports.Tests;

/// <summary>The files of a samples target, as they are written and as nobody writes them: the page is drawn, or goes without.</summary>
public sealed class SampleFilesTests : IDisposable
{
    private const string Answer = "{\"label\":\"x\",\"probability\":0.75,\"probabilities\":[0.75,0.25]}";
    private const string Prediction = "{\"model\":\"full\",\"clean\":" + Answer + ",\"adversarial\":" + Answer + "}";
    private const string Sample = "{\"index\":3,\"label\":\"x\",\"predictions\":[" + Prediction + "]}";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dq-samples-");
    private readonly SamplesTarget _target = TargetGraph.Create(PipelineFile.Read("dq.json", """
        { "datasets": { "d": { "kind": "street-digits", "train": 20, "test": 10 } }, "train": { "full": { "dataset": "d" } },
          "samples": { "s": { "models": ["full"], "attack": "fgsm", "epsilon": 8, "count": 1 } } }
        """u8)).Targets.OfType<SamplesTarget>().Single();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_is_written_is_read()
    {
        var images = Read(Sample, "(1, 1, 2, 2)", "(1, 1, 1, 2, 2)")!;
        Assert.Equal((1, 2, 2), images.Shape);
        Assert.Equal([1, 2, 3, 4], Assert.Single(images.Clean));
        Assert.Equal(4, Assert.Single(Assert.Single(images.Adversarial)).Length);
    }

    [Theory]
    [InlineData("null", "(1, 1, 2, 2)", "(1, 1, 1, 2, 2)")]
    [InlineData("{\"index\":3,\"label\":\"x\"}", "(1, 1, 2, 2)", "(0, 1, 1, 2, 2)")]
    [InlineData("{\"index\":3,\"label\":\"x\",\"predictions\":null}", "(1, 1, 2, 2)", "(1, 1, 1, 2, 2)")]
    [InlineData("{\"index\":3,\"label\":\"x\",\"predictions\":[null]}", "(1, 1, 2, 2)", "(1, 1, 1, 2, 2)")]
    [InlineData("{\"index\":3,\"label\":\"x\",\"predictions\":[{\"model\":\"full\",\"clean\":" + Answer + "}]}", "(1, 1, 2, 2)", "(1, 1, 1, 2, 2)")]
    [InlineData(Sample + ",{\"index\":4,\"label\":\"x\",\"predictions\":[]}", "(2, 1, 1, 2)", "(1, 2, 1, 1, 2)")]
    [InlineData(Sample, "(1, 1, 0, 2)", "(1, 1, 1, 0, 2)")]
    [InlineData(Sample, "(1, 1, -2, -2)", "(1, 1, 1, -2, -2)")]
    [InlineData(Sample, "(1, 1, 65536, 65536)", "(1, 1, 1, 65536, 65536)")]
    [InlineData(Sample, "(1, 2, 1, 2)", "(1, 1, 2, 1, 2)")]
    [InlineData(Sample, "(1, 1, 2, 3)", "(1, 1, 1, 2, 3)")]
    [InlineData(Sample, ")(", "(1, 1, 1, 2, 2)")]
    public void What_nobody_writes_is_left_out(string samples, string shape, string attacked) => Assert.Null(Read(samples, shape, attacked));

    private SampleImages? Read(string samples, string shape, string attacked)
    {
        var workspace = new Workspace(_folder.FullName);
        var path = workspace.OutputPath("s", SamplesTarget.PredictionsFile);
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, $"{{\"declaration\":{{}},\"labels\":[\"x\",\"y\"],\"samples\":[{samples}]}}");
        using (var archive = ZipFile.Open(workspace.OutputPath("s", SamplesTarget.ImagesFile), ZipArchiveMode.Create))
        {
            Add("x.npy", "|u1", shape, [1, 2, 3, 4]);
            Add("x_adv.npy", "<f4", attacked, new byte[16]);

            void Add(string name, string type, string axes, byte[] values)
            {
                var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {axes}, }}\n";
                using var entry = archive.CreateEntry(name).Open();
                entry.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. values]);
            }
        }

        return SampleImages.TryRead(workspace, _target);
    }
}
