using DQPipeline.Attacks.Objectives;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Attacks;

/// <summary>What attacks raise, against its formula in doubles, and its slope against differences of the formula.</summary>
public sealed class ObjectiveTests
{
    private static readonly int[] s_classes = [2, 0, 4, 1];
    private static readonly int[] s_targets = [0, 3, 1, 2];

    /// <summary>Logits without ties: the true class first, last, and between.</summary>
    private static readonly double[,] s_logits =
    {
        { 0.3, -1.2, 2.5, 0.9, -0.4 },
        { -3, 1.5, 0.25, 2, 0.75 },
        { 1.1, 7.5, -2.25, 0.5, 3 },
        { 40, 12, -7, 3.5, 20 },
    };

    public static TheoryData<string> Names => new("cross-entropy", "margin", "towards", "dlr", "dlr-t");

    [Theory]
    [MemberData(nameof(Names))]
    public void Values_are_those_of_the_formula(string name)
    {
        using var scope = NewDisposeScope();
        var (objective, formula) = Of(name);
        var found = objective.Value(Logits(s_logits), Numbers(s_classes), Numbers(s_targets)).data<float>().ToArray();
        for (var i = 0; i < found.Length; i++)
            Assert.Equal(formula(Row(i), s_classes[i], s_targets[i]), found[i], 1e-4);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Slopes_are_those_of_its_differences(string name)
    {
        using var scope = NewDisposeScope();
        var (objective, formula) = Of(name);
        var found = objective.Slope(Logits(s_logits), Numbers(s_classes), Numbers(s_targets)).data<float>().ToArray();
        const double h = 1e-6;
        for (var i = 0; i < s_classes.Length; i++)
        {
            for (var k = 0; k < 5; k++)
            {
                var (up, down) = (Row(i), Row(i));
                up[k] += h;
                down[k] -= h;
                var slope = (formula(up, s_classes[i], s_targets[i]) - formula(down, s_classes[i], s_targets[i])) / (2 * h);
                Assert.Equal(slope, found[(i * 5) + k], 1e-4);
            }
        }
    }

    [Theory]
    [InlineData("dlr")]
    [InlineData("dlr-t")]
    public void The_ratio_of_differences_does_not_know_how_sure_the_network_is(string name)
    {
        using var scope = NewDisposeScope();
        var objective = Of(name).Objective;
        var once = objective.Value(Logits(s_logits), Numbers(s_classes), Numbers(s_targets));
        var sure = objective.Value(Logits(s_logits).mul(1000).add(5), Numbers(s_classes), Numbers(s_targets));
        Assert.True(once.allclose(sure, rtol: 1e-4, atol: 1e-6));
    }

    private static (Objective Objective, Func<double[], int, int, double> Formula) Of(string name) => name switch
    {
        "cross-entropy" => (new CrossEntropy(), (z, y, _) => Math.Log(z.Where((_, k) => k != y).Sum(Math.Exp)) - z[y]),
        "margin" => (new Margin(), (z, y, _) => z.Where((_, k) => k != y).Max() - z[y]),
        "towards" => (new Towards(), (z, y, t) => z[t] - z[y]),
        "dlr" => (new LogitsRatio(), (z, y, _) => -(z[y] - z.Where((_, k) => k != y).Max()) / (Sorted(z)[0] - Sorted(z)[2])),
        _ => (new TargetedLogitsRatio(), (z, y, t) => -(z[y] - z[t]) / (Sorted(z)[0] - ((Sorted(z)[2] + Sorted(z)[3]) / 2))),
    };

    private static double[] Sorted(double[] z) => [.. z.OrderDescending()];

    private static double[] Row(int i) => [.. Enumerable.Range(0, 5).Select(k => s_logits[i, k])];

    private static Tensor Logits(double[,] values) => tensor(values).to(ScalarType.Float32);

    private static Tensor Numbers(int[] numbers) => tensor(Array.ConvertAll(numbers, k => (long)k));
}
