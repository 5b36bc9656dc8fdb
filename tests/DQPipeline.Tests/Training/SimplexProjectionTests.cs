using CsCheck;
using DQPipeline.Training;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Training;

public class SimplexProjectionTests
{
    private static readonly Gen<double[]> AnyPoint = Gen.Double[-3, 3].Array[1, 6];

    [Theory]
    [InlineData(0.5, 0.5, 0.5, 0.5)]
    [InlineData(0.8, 0.4, 0.7, 0.3)] // both lose half of what is too much
    [InlineData(-0.1, 0.3, 0.3, 0.7)] // both win half of what is too little
    [InlineData(0.7, 0.7, 0.5, 0.5)]
    [InlineData(2, 0, 1, 0)]
    [InlineData(1.2, -0.5, 1, 0)]
    [InlineData(-4, 7, 0, 1)]
    public void Two_coefficients_go_where_a_hand_puts_them(double first, double second, double expectedFirst, double expectedSecond)
    {
        var projected = Project([first, second]);
        Assert.Equal(expectedFirst, projected[0], 1e-15);
        Assert.Equal(expectedSecond, projected[1], 1e-15);
    }

    [Fact]
    public void No_point_of_a_fine_grid_on_the_simplex_is_nearer() => Gen.Double[-2, 2].Array[2, 3].Sample(
        point =>
        {
            const int fine = 200;
            var nearest = double.PositiveInfinity;
            double[] best = [];
            for (var i = 0; i <= fine; i++)
            {
                for (var j = point.Length == 2 ? fine - i : 0; j <= fine - i; j++)
                {
                    double[] candidate = point.Length == 2 ? [i / (double)fine, j / (double)fine] : [i / (double)fine, j / (double)fine, (fine - i - j) / (double)fine];
                    if (Distance(point, candidate) < nearest)
                        (nearest, best) = (Distance(point, candidate), candidate);
                }
            }

            var projected = Project(point);
            Assert.True(Distance(point, projected) <= nearest + 1e-12);
            Assert.True(Distance(projected, best) <= 1.0 / fine);
        },
        iter: 60, threads: 1);

    [Fact]
    public void The_result_is_on_the_simplex_and_no_way_towards_a_corner_leads_nearer() => AnyPoint.Sample(
        point =>
        {
            var projected = Project(point);
            Assert.Equal(1, projected.Sum(), 1e-12);
            Assert.All(projected, value => Assert.InRange(value, 0, 1 + 1e-12));
            // p is the nearest point of a convex set to v exactly when (v − p)·(q − p) ≤ 0 for all q of it; for a simplex its corners are enough.
            for (var corner = 0; corner < point.Length; corner++)
                Assert.True(point.Select((value, i) => (value - projected[i]) * ((i == corner ? 1 : 0) - projected[i])).Sum() <= 1e-12);
        },
        iter: 300, threads: 1);

    [Fact]
    public void Projecting_again_changes_nothing() => AnyPoint.Sample(
        point =>
        {
            var once = Project(point);
            Assert.Equal(once, Project(once), (a, b) => Math.Abs(a - b) < 1e-15);
        },
        iter: 100, threads: 1);

    [Fact]
    public void What_is_no_number_stays_none()
    {
        using var point = tensor(new[] { float.NaN, 0.5f });
        SimplexProjection.Project(point);
        Assert.True(float.IsNaN(point[0].item<float>()));
    }

    private static double[] Project(double[] values)
    {
        using var point = tensor(values);
        SimplexProjection.Project(point);
        return point.data<double>().ToArray();
    }

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());
}
