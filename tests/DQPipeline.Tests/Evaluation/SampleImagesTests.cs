using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using DQPipeline.Data;
using DQPipeline.Evaluation;
using DQPipeline.Tests.Attacks;

namespace DQPipeline.Tests.Evaluation;

public sealed class SampleImagesTests : IDisposable
{
    private const int Pixels = 18;

    private static readonly ImageSplit s_split = new(Toys.Pixels(1, 120 * Pixels), Toys.Classes(1, 120, 4));

    private readonly string folder = Directory.CreateTempSubdirectory("dq-samples-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Probabilities_sum_to_one_and_are_the_softmax_by_hand()
    {
        // Large weights: where one class has nearly all, a float32 softmax would round the others away.
        using var network = Toys.Linear(2, scale: 3);
        var second = new SecondFormulation(network);
        var set = Set(network, 120);
        var (clean, adversarial) = SampleImages.Probabilities(network, set);
        Assert.Equal((120, 120), (clean.Length, adversarial.Length));
        for (var i = 0; i < 120; i++)
        {
            Check(clean[i], set.X.Skip(i * Pixels).Take(Pixels).Select(b => b / 255.0), set.Pred[i]);
            Check(adversarial[i], set.XAdv.Skip(i * Pixels).Take(Pixels).Select(v => (double)v), set.PredAdv[i]);
        }

        void Check(double[] found, IEnumerable<double> x, long predicted)
        {
            var logits = second.Logits([.. x]);
            var weights = logits.Select(z => Math.Exp(z - logits.Max())).ToArray();
            Assert.Equal(1, found.Sum(), 12);
            for (var k = 0; k < 4; k++)
                Assert.Equal(weights[k] / weights.Sum(), found[k], 1e-5);
            Assert.Equal(predicted, Array.IndexOf(found, found.Max()));
        }
    }

    [Fact]
    public void The_arrays_hold_the_images_of_every_model()
    {
        using var one = Toys.Linear(1);
        using var two = Toys.Linear(2);
        AdversarialSet[] sets = [Set(one, 5), Set(two, 5)];
        var path = Path.Combine(folder, "images.npz");
        SampleImages.Write(path, sets);
        using var zip = ZipFile.OpenRead(path);
        Assert.Equal(["x.npy", "x_adv.npy", "y.npy", "pred.npy", "pred_adv.npy"], zip.Entries.Select(e => e.Name));
        Assert.Equal(sets[0].X, Read<byte>(zip, "x.npy", "|u1", "(5, 2, 3, 3)"));
        Assert.Equal([.. sets[0].XAdv, .. sets[1].XAdv], Read<float>(zip, "x_adv.npy", "<f4", "(2, 5, 2, 3, 3)"));
        Assert.Equal(sets[0].Y, Read<long>(zip, "y.npy", "<i8", "(5,)"));
        Assert.Equal([.. sets[0].Pred, .. sets[1].Pred], Read<long>(zip, "pred.npy", "<i8", "(2, 5)"));
        Assert.Equal([.. sets[0].PredAdv, .. sets[1].PredAdv], Read<long>(zip, "pred_adv.npy", "<i8", "(2, 5)"));
    }

    private static AdversarialSet Set(LinearNetwork network, int count) =>
        new Evaluator(network, s_split, [.. Enumerable.Range(0, count)], SampleImages.Batch).Adversarial(Harness.Attack("fgsm"), 8);

    /// <summary>The elements behind a header that says what it should.</summary>
    private static T[] Read<T>(ZipArchive zip, string name, string type, string shape)
        where T : unmanaged
    {
        using var stream = zip.GetEntry(name)!.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        var bytes = memory.ToArray();
        var start = 10 + bytes[8] + (256 * bytes[9]);
        var header = Encoding.ASCII.GetString(bytes, 10, start - 10);
        Assert.Contains($"'descr': '{type}'", header, StringComparison.Ordinal);
        Assert.Contains($"'shape': {shape},", header, StringComparison.Ordinal);
        return MemoryMarshal.Cast<byte, T>(bytes.AsSpan(start)).ToArray();
    }
}
