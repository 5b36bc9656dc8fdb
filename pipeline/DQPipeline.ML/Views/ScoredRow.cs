using DQPipeline.ML.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Views;

/// <summary>A row with what the model says of it, which it is asked once for each position of the input.</summary>
internal sealed class ScoredRow : DataViewRow
{
    private readonly DataViewRow input;
    private readonly DataViewSchema schema;
    private readonly ScoringPlan plan;
    private readonly ActiveColumns columns;
    private readonly ImageReader? reader;
    private readonly float[] image;
    private Scores? scores;
    private long scoredPosition = -1;

    /// <summary>A row over <paramref name="input"/>, which it disposes.</summary>
    public ScoredRow(DataViewRow input, DataViewSchema schema, ScoringPlan plan, ActiveColumns columns)
    {
        (this.input, this.schema, this.plan, this.columns) = (input, schema, plan, columns);
        reader = columns.Scores ? plan.Reader(input) : null;
        image = new float[plan.Model.Info.ImageSize];
    }

    /// <inheritdoc/>
    public override long Position => input.Position;

    /// <inheritdoc/>
    public override long Batch => input.Batch;

    /// <inheritdoc/>
    public override DataViewSchema Schema => schema;

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => columns.IsActive[column.Index];

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw Getters.Inactive(column);
        return column.Index < columns.Inputs
            ? input.GetGetter<TValue>(input.Schema[column.Index])
            : Getters.Typed<TValue>(plan.Outputs.Getter(column.Index - columns.Inputs, Current), column);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            input.Dispose();
        base.Dispose(disposing);
    }

    private (Scores Scores, int Row) Current()
    {
        if (scores is null || scoredPosition != input.Position)
        {
            scores = null;
            reader!.Read(image);
            scores = Scores.Of(plan.Model, image, columns.Detects);
            scoredPosition = input.Position;
        }

        return (scores, 0);
    }
}
