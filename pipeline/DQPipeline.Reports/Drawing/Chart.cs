namespace DQPipeline.Reports.Drawing;

/// <summary>A value with its 95 % interval.</summary>
/// <param name="X">Where on the horizontal axis: a number, or the place of a category from 0.</param>
/// <param name="Y">The value.</param>
/// <param name="Low">The interval's lower end; <paramref name="Y"/> where there is none.</param>
/// <param name="High">Its upper end.</param>
public sealed record ChartPoint(double X, double Y, double Low, double High)
{
    /// <summary>A value without an interval.</summary>
    public ChartPoint(double x, double y)
        : this(x, y, y, y)
    {
    }
}

/// <summary>Values that belong together, drawn in one colour with one mark.</summary>
public sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint> Points);

/// <summary>What is to be drawn, whatever draws it; the same numbers stand in a table beside the drawing.</summary>
/// <param name="Title">What it shows, in a few words.</param>
/// <param name="Horizontal">The horizontal axis with its unit.</param>
/// <param name="Vertical">The vertical axis with its unit.</param>
/// <param name="Series">The values.</param>
public sealed record Chart(string Title, string Horizontal, string Vertical, IReadOnlyList<ChartSeries> Series)
{
    /// <summary>Names of the places on the horizontal axis, where those are no numbers.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Whether the points of a series are joined. The default is true.</summary>
    public bool Joined { get; init; } = true;

    /// <summary>Whether the vertical axis begins at 0. The default is true.</summary>
    public bool FromZero { get; init; } = true;

    /// <summary>Decimals of a value in the table beside it. The default is 1.</summary>
    public int Decimals { get; init; } = 1;
}
