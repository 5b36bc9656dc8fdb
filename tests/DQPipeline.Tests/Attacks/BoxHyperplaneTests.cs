using CsCheck;
using DQPipeline.Attacks;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Attacks;

/// <summary>The projection onto a hyperplane within the box, against a search in doubles by halving intervals.</summary>
public sealed class BoxHyperplaneTests
{
    /// <summary>Not so near to the farthest corner that float32 cannot tell how far t has to go.</summary>
    private static readonly Gen<double> s_shares = Gen.Double[-1.2, 1.2].Where(share => Math.Abs(Math.Abs(share) - 1) > 0.01);

    [Theory]
    [InlineData(Norm.Linf)]
    [InlineData(Norm.L2)]
    public void The_way_is_the_shortest_onto_the_plane_within_the_box(Norm norm) => Gen.Select(Gen.Int[1, 40], Gen.Int[0, 1_000_000], s_shares).Sample(
        c =>
        {
            var (size, seed, share) = c;
            var random = new Random(seed);
            float[] x = [.. Toys.Pixels(seed, size).Select(pixel => pixel / 255f)];
            var w = Enumerable.Range(0, size).Select(_ => random.Next(6) == 0 ? 0f : (float)Toys.Gaussian(random)).ToArray();
            // A share of what the box allows on that side; beyond 1 the plane is out of reach.
            var most = w.Select((value, i) => Math.Abs(value) * Room(x[i], value * share)).Sum();
            var need = share * most;
            using var scope = NewDisposeScope();
            var way = BoxHyperplane.Way(tensor(x, [1, 1, 1, size]), tensor(w, [1, 1, 1, size]), tensor(new[] { (float)need }), norm).data<float>().ToArray();
            var expected = ByHalving(x, w, need, norm);
            for (var i = 0; i < size; i++)
            {
                if (!(x[i] + way[i] is >= -1e-6f and <= 1 + 1e-6f) || Math.Abs(way[i] - expected[i]) > 2e-4)
                    return false;
            }

            var reached = w.Zip(way, (value, step) => (double)value * step).Sum();
            return Math.Abs(reached - Math.Clamp(need, -most, most)) <= 1e-4 * (1 + most);
        },
        iter: 400, threads: 1);

    /// <summary>⟨w, d⟩ = need is the same plane at any scale, as long as float32 holds both; squares of such w are 0 or infinite.</summary>
    [Theory]
    [InlineData(Norm.Linf, 1e-30f)]
    [InlineData(Norm.L2, 1e-30f)]
    [InlineData(Norm.Linf, 1e25f)]
    [InlineData(Norm.L2, 1e25f)]
    public void A_plane_of_tiny_or_great_numbers_is_met_as_any_other(Norm norm, float scale)
    {
        using var scope = NewDisposeScope();
        var (x, w) = (rand(3, 2, 4, 4), randn(3, 2, 4, 4));
        // A coordinate that changes nothing has no way, however far the others go; the last plane is out of reach.
        w[.., 0, 0, 0] = 0;
        var need = tensor(new[] { 0.5f, -3f, 1000f });
        var plain = BoxHyperplane.Way(x, w, need, norm);
        var scaled = BoxHyperplane.Way(x, w.mul(scale), need.mul(scale), norm);
        Assert.True(plain.allclose(scaled, rtol: 1e-4, atol: 1e-6));
        Assert.Equal(0f, scaled[.., 0, 0, 0].abs().max().item<float>());
        // Neither is there a way that is no number where the plane is so far that float32 does not hold how far.
        Assert.True(BoxHyperplane.Way(x, w.mul(1e-30f), need.mul(1e30f), norm).isfinite().all().item<bool>());
    }

    [Fact]
    public void Images_of_a_batch_do_not_disturb_each_other()
    {
        using var scope = NewDisposeScope();
        var (x, w) = (rand(3, 2, 4, 4), randn(3, 2, 4, 4));
        var need = tensor(new[] { 0.5f, -3f, 1000f });
        var all = BoxHyperplane.Way(x, w, need, Norm.Linf);
        for (var i = 0; i < 3; i++)
            Assert.True(all.narrow(0, i, 1).allclose(BoxHyperplane.Way(x.narrow(0, i, 1), w.narrow(0, i, 1), need.narrow(0, i, 1), Norm.Linf), rtol: 1e-5, atol: 1e-6));
    }

    private static double Room(float x, double direction) => direction == 0 ? 0 : direction > 0 ? 1 - x : x;

    private static double[] ByHalving(float[] x, float[] w, double need, Norm norm)
    {
        double[] Way(double t) => [.. w.Select((value, i) => Math.Sign(value * need) * Math.Min(t * (norm == Norm.Linf ? 1 : Math.Abs(value)), Room(x[i], value * need)))];
        var (low, high) = (0.0, 1e6);
        for (var halving = 0; halving < 200; halving++)
        {
            var middle = (low + high) / 2;
            if (w.Zip(Way(middle), (value, step) => value * step).Sum() * Math.Sign(need) < Math.Abs(need))
                low = middle;
            else
                high = middle;
        }

        return Way(high);
    }
}
