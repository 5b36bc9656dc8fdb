using System.Diagnostics;
using System.Globalization;
using CsCheck;
using DQPipeline.Declarations;
using DQPipeline.Defenses;
using DQPipeline.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Defenses;

public sealed class SqueezerTests
{
    /// <summary>Images with many equal values, and some with hardly any; sizes with and without a remainder of the vector width.</summary>
    private static readonly Gen<(int Side, int Planes, int Height, int Width, bool Ties, int Seed)> Cases =
        Gen.Select(Gen.Int[2, 5], Gen.Int[1, 3], Gen.Int[4, 12], Gen.Int[4, 21], Gen.Bool, Gen.Int[0, 1_000_000]);

    /// <summary>Worked out with pencil: x·(2^b − 1), halves to the even number, divided again.</summary>
    [Theory]
    [InlineData(1, 0.49f, 0f)]
    [InlineData(1, 0.5f, 0f)]
    [InlineData(1, 0.51f, 1f)]
    [InlineData(2, 0.5f, 2 / 3f)] // 1.5 → 2
    [InlineData(2, 0.1f, 0f)]
    [InlineData(2, 0.2f, 1 / 3f)]
    [InlineData(4, 0.5f, 8 / 15f)] // 7.5 → 8
    [InlineData(5, 0.5f, 16 / 31f)] // 15.5 → 16
    [InlineData(5, 100 / 255f, 12 / 31f)] // 12.157
    [InlineData(5, 1f, 1f)]
    [InlineData(8, 0.5f, 128 / 255f)] // 127.5 → 128
    [InlineData(8, 77 / 255f, 77 / 255f)]
    [InlineData(0, 0.123f, 0.123f)]
    public void Colours_are_rounded_to_the_levels_of_their_bits(int bits, float colour, float expected)
    {
        using var scope = NewDisposeScope();
        var squeezed = Squeezer(bits, 1).Apply(full([1, 1, 4, 4], colour));
        Assert.Equal(Enumerable.Repeat(expected, 16), squeezed.data<float>().ToArray());
    }

    [Fact]
    public void A_two_by_two_median_is_the_upper_middle_value_of_the_window_that_reaches_up_and_left()
    {
        using var scope = NewDisposeScope();
        var image = tensor(new float[] { 1, 5, 2, 9, 7, 3, 8, 4, 6, 0, 1, 2, 5, 5, 9, 3 }).div_(10).view(1, 1, 4, 4);
        // At row 1, column 2 the window holds 5, 2, 3, 8: sorted 2 3 5 8, the upper middle one is 5. At the corner it holds 1 four times.
        float[] expected = [1, 5, 5, 9, 7, 5, 5, 8, 7, 6, 3, 4, 6, 5, 5, 3];
        Assert.Equal(expected, Squeezer(0, 2).Apply(image).data<float>().ToArray().Select(v => MathF.Round(v * 10)));
    }

    [Fact]
    public void The_median_is_the_middle_of_every_window_sorted() => Cases.Sample(
        c =>
        {
            var values = Values(c.Planes * c.Height * c.Width, c.Ties, c.Seed);
            using var scope = NewDisposeScope();
            var found = Squeezer(0, c.Side).Apply(tensor(values, [1, c.Planes, c.Height, c.Width])).data<float>().ToArray();
            Assert.Equal(Enumerable.Range(0, values.Length).Select(i => values[Selected(values, c.Side, c.Height, c.Width, i)]), found);
        },
        iter: 300, threads: 1);

    [Fact]
    public void The_gradient_goes_to_the_selected_pixel_and_through_the_rounding() => Cases.Sample(
        c =>
        {
            var values = Values(c.Planes * c.Height * c.Width, c.Ties, c.Seed);
            var outer = Values(values.Length, false, c.Seed + 1);
            var expected = new double[values.Length];
            for (var i = 0; i < values.Length; i++)
                expected[Selected(values, c.Side, c.Height, c.Width, i)] += outer[i];
            using var scope = NewDisposeScope();
            long[] shape = [1, c.Planes, c.Height, c.Width];
            var x = tensor(values, shape).requires_grad_();
            (Squeezer(3, c.Side).Apply(x) * tensor(outer, shape)).sum().backward();
            foreach (var (found, wanted) in x.grad!.data<float>().ToArray().Zip(expected))
                Assert.Equal(wanted, found, 1e-5);
        },
        iter: 200, threads: 1);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Away_from_ties_the_gradient_of_the_median_is_that_of_finite_differences(int side)
    {
        using var scope = NewDisposeScope();
        // A shuffle of equal steps: a move by a quarter of a step changes no order.
        const int Size = 60;
        var shuffled = Enumerable.Range(0, Size).Select(i => (i + 1f) / (Size + 1)).ToArray();
        new Random(side).Shuffle(shuffled);
        var step = 0.25f / (Size + 1);
        var outer = rand(1, 1, 6, 10);
        double Value(float[] image) => (double)(Squeezer(0, side).Apply(tensor(image, [1, 1, 6, 10])) * outer).sum();
        var x = tensor(shuffled, [1, 1, 6, 10]).requires_grad_();
        (Squeezer(0, side).Apply(x) * outer).sum().backward();
        var gradient = x.grad!.data<float>().ToArray();
        for (var i = 0; i < Size; i++)
        {
            var (up, down) = ((float[])shuffled.Clone(), (float[])shuffled.Clone());
            up[i] += step;
            down[i] -= step;
            Assert.Equal((Value(up) - Value(down)) / (up[i] - down[i]), gradient[i], 2e-3);
        }
    }

    [Fact]
    public void Rounding_alone_has_the_gradient_one()
    {
        using var scope = NewDisposeScope();
        var x = rand(2, 3, 5, 5).requires_grad_();
        var outer = rand(2, 3, 5, 5);
        (Squeezer(2, 1).Apply(x) * outer).sum().backward();
        Assert.Equal(outer.data<float>().ToArray(), x.grad!.data<float>().ToArray());
    }

    [Fact]
    public void The_fused_median_and_torchs_own_operators_agree() => Cases.Sample(
        c =>
        {
            using var scope = NewDisposeScope();
            var squeezer = Squeezer(0, 2);
            var data = tensor(Values(2 * c.Planes * c.Height * c.Width, c.Ties, c.Seed), [2, c.Planes, c.Height, c.Width]);
            var outer = rand(data.shape);
            // As a strided view too, as a caller may have one.
            var (x1, x2) = (data.transpose(2, 3).clone().transpose(2, 3).requires_grad_(), data.clone().requires_grad_());
            var (y1, y2) = (squeezer.Apply(x1), squeezer.ComposedMedian(x2));
            Assert.Equal(y2.data<float>().ToArray(), y1.data<float>().ToArray());
            (y1 * outer).sum().backward();
            (y2 * outer).sum().backward();
            Assert.True(x1.grad!.allclose(x2.grad!, rtol: 1e-6, atol: 1e-6));
        },
        iter: 200, threads: 1);

    [Fact]
    public void Squeezing_in_either_order_gives_the_same_numbers()
    {
        using var scope = NewDisposeScope();
        var images = tensor(Values(3 * 9 * 11, false, 4), [1, 3, 9, 11]);
        var byDefinition = Squeezer(0, 2).Apply(Squeezer(5, 1).Apply(images));
        Assert.Equal(byDefinition.data<float>().ToArray(), Squeezer(5, 2).Apply(images).data<float>().ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Images_are_left_as_they_are_and_no_tensor_is_left_behind(int side)
    {
        using var scope = NewDisposeScope();
        var x = rand(1, 3, 8, 8).requires_grad_();
        var before = x.data<float>().ToArray();
        var alive = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (no_grad())
            Squeezer(4, side).Apply(x).Dispose();
        Assert.Equal(alive, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        var squeezed = Squeezer(4, side).Apply(x);
        Assert.Equal(alive + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        // What a backward pass hands over goes with the scope of the step.
        using (NewDisposeScope())
            squeezed.sum().backward();
        Assert.Equal(alive + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal(before, x.data<float>().ToArray());
    }

    [Theory]
    [InlineData(9, 2)]
    [InlineData(-1, 2)]
    [InlineData(5, 0)]
    [InlineData(5, 10)]
    public void Options_out_of_range_are_DQ1004(int bits, int side) =>
        Assert.Equal("DQ1004", Assert.Throws<DqException>(() => Squeezer(bits, side)).Diagnostics[0].Code);

    [Theory]
    [InlineData(2, 4, 4)]
    [InlineData(2, 32, 32)]
    [InlineData(2, 7, 19)]
    [InlineData(3, 6, 9)]
    [InlineData(4, 4, 5)]
    [InlineData(9, 4, 6)]
    public void Scipy_gives_the_same_numbers(int side, int height, int width)
    {
        const string python = "/usr/bin/python3";
        const string script = """
            import sys
            from scipy import ndimage
            import numpy
            side, height, width = map(int, sys.argv[1:4])
            image = numpy.array([float(v) for v in sys.stdin.read().split()]).reshape(height, width)
            print(' '.join(repr(float(v)) for v in ndimage.median_filter(image, size=side).ravel()))
            """;
        _ = RealData.Require(File.Exists(python) && Run(python, "import scipy.ndimage", [], "").Code == 0 ? python : null, "Debian's python3-scipy");
        var values = Values(height * width, side % 2 == 0, seed: side + height + width);
        int[] sizes = [side, height, width];
        var (code, answer) = Run(python, script, [.. sizes.Select(n => n.ToString(CultureInfo.InvariantCulture))], string.Join(' ', values.Select(v => ((double)v).ToString("R", CultureInfo.InvariantCulture))));
        Assert.Equal(0, code);
        var expected = answer.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(v => (float)double.Parse(v, CultureInfo.InvariantCulture));
        using var scope = NewDisposeScope();
        Assert.Equal(expected, Squeezer(0, side).Apply(tensor(values, [1, 1, height, width])).data<float>().ToArray());
    }

    private static Squeezer Squeezer(int bits, int median) => new(new SqueezeDeclaration { Bits = bits, Median = median });

    private static float[] Values(int count, bool ties, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => ties ? random.Next(4) / 3f : random.NextSingle())];
    }

    /// <summary>The definition in plain loops: where the pixel stands that the window around pixel <paramref name="pixel"/> selects.</summary>
    private static int Selected(float[] planes, int side, int height, int width, int pixel)
    {
        var (plane, row, column) = (pixel / (height * width) * height * width, pixel % (height * width) / width, pixel % width);
        var window = new List<int>();
        for (var r = row - (side / 2); r < row - (side / 2) + side; r++)
        {
            for (var c = column - (side / 2); c < column - (side / 2) + side; c++)
                window.Add(plane + (Inside(r, height) * width) + Inside(c, width));
        }

        // OrderBy is stable: of equal values the earlier one counts as the smaller.
        return window.OrderBy(i => planes[i]).ElementAt(side * side / 2);

        static int Inside(int i, int size) => i < 0 ? -1 - i : i >= size ? (2 * size) - 1 - i : i;
    }

    private static (int Code, string Answer) Run(string python, string script, string[] arguments, string input)
    {
        using var process = Process.Start(new ProcessStartInfo(python, ["-c", script, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        _ = errors.Result;
        return (process.ExitCode, answer);
    }
}
