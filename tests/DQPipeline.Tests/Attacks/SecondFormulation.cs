namespace DQPipeline.Tests.Attacks;

/// <summary>The attacks once more, one pixel at a time in doubles, on a linear softmax model whose gradient is derived by hand: ∇L = Σₖ(pₖ − [k=y])·Wₖ.</summary>
internal sealed class SecondFormulation(LinearNetwork network)
{
    private readonly int size = network.Weight.GetLength(1);

    public double[] Random(double[] x, double epsilon, float[] uniform) => Shift(x, x, [.. uniform.Select(u => u * epsilon)], epsilon);

    public double[] Fgsm(double[] x, int y, double epsilon) => Shift(x, x, Scale(SignOfGradient(x, y), epsilon), epsilon);

    public double[] RandomFgsm(double[] x, int y, double epsilon, float[] signs)
    {
        var start = Shift(x, x, [.. signs.Select(s => s * epsilon / 2)], epsilon);
        return Shift(x, start, Scale(SignOfGradient(start, y), epsilon / 2), epsilon);
    }

    public double[] Iterate(double[] x, double[] start, int y, double epsilon, double alpha, int steps)
    {
        var now = start;
        for (var step = 0; step < steps; step++)
            now = Shift(x, now, Scale(SignOfGradient(now, y), alpha), epsilon);
        return now;
    }

    /// <summary>The class with the largest logit.</summary>
    public int Class(double[] x)
    {
        var logits = Logits(x);
        return Array.IndexOf(logits, logits.Max());
    }

    public double[] Logits(double[] x)
    {
        var logits = (double[])network.Bias.Clone();
        for (var k = 0; k < logits.Length; k++)
            for (var i = 0; i < size; i++)
                logits[k] += network.Weight[k, i] * x[i];
        return logits;
    }

    public double CrossEntropy(double[] x, int y)
    {
        var logits = Logits(x);
        var highest = logits.Max();
        return Math.Log(logits.Sum(z => Math.Exp(z - highest))) + highest - logits[y];
    }

    private int[] SignOfGradient(double[] x, int y)
    {
        var logits = Logits(x);
        var highest = logits.Max();
        var weights = logits.Select(z => Math.Exp(z - highest)).ToArray();
        var total = weights.Sum();
        var signs = new int[size];
        for (var i = 0; i < size; i++)
        {
            var gradient = 0.0;
            for (var k = 0; k < logits.Length; k++)
                gradient += ((weights[k] / total) - (k == y ? 1 : 0)) * network.Weight[k, i];
            signs[i] = Math.Sign(gradient);
        }

        return signs;
    }

    /// <summary>From + by, clipped to ε (0–255) around the centre and to [0,1]; by is in 0–255 units.</summary>
    private static double[] Shift(double[] centre, double[] from, double[] by, double epsilon)
    {
        var moved = new double[centre.Length];
        for (var i = 0; i < moved.Length; i++)
        {
            moved[i] = from[i] + (by[i] / 255);
            moved[i] = Math.Min(Math.Max(moved[i], centre[i] - (epsilon / 255)), centre[i] + (epsilon / 255));
            moved[i] = Math.Min(Math.Max(moved[i], 0), 1);
        }

        return moved;
    }

    private static double[] Scale(int[] signs, double by) => [.. signs.Select(s => s * by)];
}
