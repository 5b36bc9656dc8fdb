using System.Diagnostics;
using System.Globalization;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Testing;
using DQPipeline.Tests.Attacks;

namespace DQPipeline.Tests.Evaluation;

public sealed class AdversarialSetTests : IDisposable
{
    /// <summary>Reads a .npz with nothing of ours and nothing of numpy's, checks the ball in both precisions and prints what is in it.</summary>
    private const string Reader = """
        import ast, struct, sys, zipfile
        arrays = {}
        with zipfile.ZipFile(sys.argv[1]) as z:
            assert z.testzip() is None
            for name in z.namelist():
                raw = z.read(name)
                assert raw[:8] == b'\x93NUMPY\x01\x00', raw[:8]
                n, = struct.unpack('<H', raw[8:10])
                assert (10 + n) % 64 == 0 and raw[9 + n:10 + n] == b'\n'
                head = ast.literal_eval(raw[10:10 + n].decode('latin1'))
                assert sorted(head) == ['descr', 'fortran_order', 'shape'] and head['fortran_order'] is False
                count = 1
                for side in head['shape']: count *= side
                code = {'|u1': 'B', '<f4': 'f', '<i8': 'q'}[head['descr']]
                arrays[name[:-4]] = head['shape'], head['descr'], struct.unpack('<%d%s' % (count, code), raw[10 + n:])
        f32 = lambda v: struct.unpack('f', struct.pack('f', v))[0]
        x, a, e = arrays['x'][2], arrays['x_adv'][2], float(sys.argv[2]) / 255 + 1e-6
        assert all(0 <= v <= 1 for v in a)
        assert max(abs(v - k / 255) for v, k in zip(a, x)) <= e
        assert max(f32(abs(v - f32(k / 255))) for v, k in zip(a, x)) <= e
        for name, (shape, kind, values) in arrays.items():
            print(name, shape, kind, ' '.join(map(repr, values[:40])), sep='|')
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("dq-npz-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("random", 8)]
    [InlineData("fgsm", 2)]
    [InlineData("pgd", 8)]
    [InlineData("r+fgsm", 0.3)]
    public void An_independent_reader_finds_the_arrays_of_the_contract(string kind, double epsilon)
    {
        var python = RealData.Command("python3");
        var set = Example(kind, epsilon);
        var file = Path.Combine(folder, "set.npz");
        set.Write(file);
        var lines = Run(python, "-c", Reader, file, epsilon.ToString(CultureInfo.InvariantCulture)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["x", "x_adv", "y", "pred", "pred_adv"], lines.Select(line => line.Split('|')[0]));
        Check(lines[0], "(7, 2, 3, 3)", "u1", set.X.Select(v => (double)v));
        Check(lines[1], "(7, 2, 3, 3)", "<f4", set.XAdv.Select(v => (double)v));
        Check(lines[2], "(7,)", "<i8", set.Y.Select(v => (double)v));
        Check(lines[3], "(7,)", "<i8", set.Pred.Select(v => (double)v));
        Check(lines[4], "(7,)", "<i8", set.PredAdv.Select(v => (double)v));
        Assert.Equal([file], Directory.GetFileSystemEntries(folder));

        static void Check(string line, string shape, string type, IEnumerable<double> values)
        {
            var parts = line.Split('|', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal((shape, type), (parts[1], parts[2]));
            Assert.Equal(values.Take(40), parts[3].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public void The_set_holds_what_the_network_says_to_its_images()
    {
        using var network = Toys.Linear(1);
        var second = new SecondFormulation(network);
        var split = new ImageSplit(Toys.Pixels(1, 20 * 18), Toys.Classes(1, 20, 4));
        int[] samples = [3, 19, 0, 7, 5];
        var set = new Evaluator(network, split, samples, 2).Adversarial(Harness.Attack("fgsm"), 8);
        for (var i = 0; i < samples.Length; i++)
        {
            Assert.Equal(split.Image(samples[i]), set.X.AsSpan(i * 18, 18));
            Assert.Equal(split.Classes[samples[i]], set.Y[i]);
            Assert.Equal(Predicted(set.X.Skip(i * 18).Take(18).Select(b => b / 255.0)), set.Pred[i]);
            Assert.Equal(Predicted(set.XAdv.Skip(i * 18).Take(18).Select(v => (double)v)), set.PredAdv[i]);
            // Every image is attacked, those as well that were wrong when clean.
            Assert.NotEqual(set.X.Skip(i * 18).Take(18).Select(b => b / 255f), set.XAdv.Skip(i * 18).Take(18));
        }

        Assert.Contains(true, set.Pred.Zip(set.Y, (p, y) => p != y));

        long Predicted(IEnumerable<double> x)
        {
            var logits = second.Logits([.. x]);
            return Array.IndexOf(logits, logits.Max());
        }
    }

    [Fact]
    public void Equal_sets_give_equal_bytes_and_an_old_file_is_replaced()
    {
        var (first, second) = (Path.Combine(folder, "a.npz"), Path.Combine(folder, "b.npz"));
        File.WriteAllText(second, "old");
        Example("pgd", 8).Write(first);
        Example("pgd", 8).Write(second);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_DQ6004_names_itself_and_leaves_nothing()
    {
        var set = Example("fgsm", 8);
        var occupied = Path.Combine(folder, "taken.npz");
        Directory.CreateDirectory(occupied);
        foreach (var file in new[] { Path.Combine(folder, "missing", "set.npz"), occupied })
        {
            var error = Assert.Single(Assert.Throws<DqException>(() => set.Write(file)).Diagnostics);
            Assert.Equal("DQ6004", error.Code);
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
        }

        Assert.Equal([occupied], Directory.GetFileSystemEntries(folder));
    }

    [Theory]
    [InlineData((128f / 255) + (8.001f / 255))]
    [InlineData((128f / 255) - (8.001f / 255))]
    [InlineData(1.001f)]
    [InlineData(float.NaN)]
    [InlineData(-0.001f)]
    public void Images_out_of_range_or_out_of_the_ball_never_become_a_set(float value) =>
        Assert.Throws<ArgumentException>(() => new AdversarialSet(1, 1, 1, value is < 0 or > 1 ? 255 : 8, [128], [value], [0], [0], [0]));

    [Theory]
    [InlineData((128f / 255) + (8f / 255))]
    [InlineData((128f / 255) - (8f / 255))]
    public void The_border_of_the_ball_belongs_to_it(float value) =>
        Assert.Equal(1, new AdversarialSet(1, 1, 1, 8, [128], [value], [0], [0], [0]).Count);

    [Fact]
    public void Arrays_of_different_lengths_never_become_a_set() =>
        Assert.Throws<ArgumentException>(() => new AdversarialSet(1, 1, 1, 8, [128], [0.5f], [0], [0], [0, 1]));

    private static AdversarialSet Example(string kind, double epsilon)
    {
        using var network = Toys.Linear(1);
        var split = new ImageSplit(Toys.Pixels(1, 7 * 18), Toys.Classes(1, 7, 4));
        return new Evaluator(network, split, [.. Enumerable.Range(0, 7)], 3, seed: 1).Adversarial(Harness.Attack(kind), epsilon);
    }

    private static string Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        return output;
    }
}
