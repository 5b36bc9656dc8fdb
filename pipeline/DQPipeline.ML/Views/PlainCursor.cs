using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Views;

/// <summary>A cursor of which nothing of the model's was asked: it passes the input's rows on as they come.</summary>
internal sealed class PlainCursor(DataViewRowCursor input, DataViewSchema schema, ActiveColumns columns) : DataViewRowCursor
{
    /// <inheritdoc/>
    public override long Position => input.Position;

    /// <inheritdoc/>
    public override long Batch => input.Batch;

    /// <inheritdoc/>
    public override DataViewSchema Schema => schema;

    /// <inheritdoc/>
    public override bool MoveNext() => input.MoveNext();

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => columns.IsActive[column.Index];

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        IsColumnActive(column) ? input.GetGetter<TValue>(input.Schema[column.Index]) : throw Getters.Inactive(column);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            input.Dispose();
        base.Dispose(disposing);
    }
}
