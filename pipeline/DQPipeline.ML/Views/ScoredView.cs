using DQPipeline.ML.Scoring;
using Microsoft.ML;

namespace DQPipeline.ML.Views;

/// <summary>The rows of a view with what the model says of them. Nothing is read or run before a cursor asks.</summary>
/// <param name="input">The rows.</param>
/// <param name="schema">The input's columns, then those of the model.</param>
/// <param name="plan">How they are scored.</param>
internal sealed class ScoredView(IDataView input, DataViewSchema schema, ScoringPlan plan) : IDataView
{
    /// <inheritdoc/>
    public DataViewSchema Schema => schema;

    /// <inheritdoc/>
    public bool CanShuffle => input.CanShuffle;

    /// <inheritdoc/>
    public long? GetRowCount() => input.GetRowCount();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var columns = ActiveColumns.Of(columnsNeeded, schema, plan);
        return Scored(input.GetRowCursor(columns.OfInput(input.Schema), rand), columns);
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var columns = ActiveColumns.Of(columnsNeeded, schema, plan);
        return Array.ConvertAll(input.GetRowCursorSet(columns.OfInput(input.Schema), n, rand), cursor => Scored(cursor, columns));
    }

    private DataViewRowCursor Scored(DataViewRowCursor cursor, ActiveColumns columns) =>
        columns.Scores ? new BatchedCursor(cursor, schema, plan, columns) : new PlainCursor(cursor, schema, columns);
}
