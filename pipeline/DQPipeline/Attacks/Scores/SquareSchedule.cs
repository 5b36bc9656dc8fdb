namespace DQPipeline.Attacks.Scores;

/// <summary>The size of Square's windows: a share of the image that is halved at fixed moments of a run of 10,000 queries; a run of another length passes the same moments.</summary>
internal static class SquareSchedule
{
    private const double Start = 0.8;

    private static readonly int[] s_moments = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

    /// <summary>The share of the image's pixels that a window covers.</summary>
    /// <param name="query">The query, from 1.</param>
    /// <param name="queries">All of them.</param>
    public static double Share(int query, int queries)
    {
        var moment = (int)((double)query / queries * 10_000);
        return Start / (1 << s_moments.Count(passed => moment > passed));
    }

    /// <summary>The side of a window in the maximum norm, at least 1 and at most the image's shorter side.</summary>
    public static int Side(double share, int height, int width) => Math.Clamp((int)Math.Round(Math.Sqrt(share * height * width)), 1, Math.Min(height, width));

    /// <summary>The side of a window in the Euclidean norm: odd, at least 3 if the image has as much, because its bumps have a centre.</summary>
    public static int OddSide(double share, int height, int width)
    {
        var (side, most) = (Math.Max(Side(share, height, width), 3) | 1, Math.Min(height, width));
        return side <= most ? side : (most - 1) | 1;
    }
}
