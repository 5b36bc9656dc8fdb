using DQPipeline.ML.Scoring;
using Microsoft.ML;

namespace DQPipeline.ML.Views;

/// <summary>Which columns of a scored view a cursor or row was asked for.</summary>
/// <param name="IsActive">For each column of the schema whether it was asked for.</param>
/// <param name="Inputs">How many of them are the input's; the model's are behind.</param>
/// <param name="Image">The number of the column of images.</param>
/// <param name="Detects">Whether adversarial images are to be detected.</param>
internal sealed record ActiveColumns(bool[] IsActive, int Inputs, int Image, bool Detects)
{
    /// <summary>Whether the model has to run at all.</summary>
    public bool Scores => IsActive.AsSpan(Inputs).Contains(true);

    /// <summary>The columns that were asked for.</summary>
    public static ActiveColumns Of(IEnumerable<DataViewSchema.Column> needed, DataViewSchema schema, ScoringPlan plan)
    {
        var active = new bool[schema.Count];
        foreach (var column in needed)
            active[column.Index] = true;
        var inputs = schema.Count - plan.Outputs.Count;
        var detects = Enumerable.Range(0, plan.Outputs.Count).Any(output => active[inputs + output] && plan.Outputs.Detects(output));
        return new(active, inputs, plan.Image.Index, detects);
    }

    /// <summary>The columns that the input has to give.</summary>
    public IEnumerable<DataViewSchema.Column> OfInput(DataViewSchema input) => input.Where(column => IsActive[column.Index] || (Scores && column.Index == Image));
}
