using System.Runtime.ExceptionServices;
using DQPipeline.ML.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Views;

/// <summary>
/// Reads rows ahead and scores them together. The first batches are small (1, 4, 16, …), so that whoever takes a row does not wait for sixty-four. The model runs when the first
/// value of a batch is asked for.
/// </summary>
internal sealed class BatchedCursor : DataViewRowCursor
{
    private const int Growth = 4;

    private readonly DataViewRowCursor input;
    private readonly DataViewSchema schema;
    private readonly ScoringPlan plan;
    private readonly ActiveColumns columns;
    private readonly ImageReader reader;
    private readonly ValueGetter<DataViewRowId> idGetter;
    private readonly ColumnBuffer?[] buffers;
    private readonly int size;
    private readonly int imageSize;
    private readonly DataViewRowId[] ids;
    private readonly long[] batches;
    private readonly int[] places;
    private readonly ExceptionDispatchInfo?[] errors;
    private float[] images = [];
    private Scores? scores;
    private ExceptionDispatchInfo? runError;
    private ExceptionDispatchInfo? inputError;
    private int wanted = 1;
    private int good;
    private int filled;
    private int at = -1;
    private long position = -1;

    /// <summary>A cursor over the rows of <paramref name="input"/>, which it disposes.</summary>
    public BatchedCursor(DataViewRowCursor input, DataViewSchema schema, ScoringPlan plan, ActiveColumns columns)
    {
        (this.input, this.schema, this.plan, this.columns) = (input, schema, plan, columns);
        imageSize = plan.Model.Info.ImageSize;
        size = ScoringPlan.RowsTogether(plan.BatchSize, imageSize);
        (ids, batches, places, errors) = (new DataViewRowId[size], new long[size], new int[size], new ExceptionDispatchInfo?[size]);
        reader = plan.Reader(input);
        idGetter = input.GetIdGetter();
        buffers = [.. input.Schema.Select(column => columns.IsActive[column.Index] ? ColumnBuffer.Of(input, column, size) : null)];
    }

    /// <inheritdoc/>
    public override long Position => position;

    /// <inheritdoc/>
    public override long Batch => at >= 0 ? batches[at] : throw NoRow();

    /// <inheritdoc/>
    public override DataViewSchema Schema => schema;

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        if (++at >= filled)
        {
            Fill();
            if (filled == 0)
            {
                (at, position) = (-1, -1);
                inputError?.Throw();
                return false;
            }

            at = 0;
        }

        position++;
        return true;
    }

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => columns.IsActive[column.Index];

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = ids[Row()];

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw Getters.Inactive(column);
        var getter = column.Index < columns.Inputs ? buffers[column.Index]!.Getter(Row) : plan.Outputs.Getter(column.Index - columns.Inputs, Current);
        return Getters.Typed<TValue>(getter, column);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var buffer in buffers)
                buffer?.Dispose();
            input.Dispose();
        }

        base.Dispose(disposing);
    }

    private static InvalidOperationException NoRow() => new("The cursor is not on a row.");

    private int Row() => at >= 0 && at < filled ? at : throw NoRow();

    private void Fill()
    {
        (scores, runError, filled, good) = (null, null, 0, 0);
        // Grows with the batches: the images of a whole one may take more than all else, and not everybody goes on to it.
        if (images.Length < wanted * imageSize)
            images = new float[wanted * imageSize];
        while (filled < wanted && inputError is null && Next())
            Read(filled++);
        wanted = Math.Min(wanted * Growth, size);
    }

    /// <summary>An input that fails while rows are read ahead fails where the reader comes to it.</summary>
    private bool Next()
    {
        try
        {
            return input.MoveNext();
        }
        catch (Exception e)
        {
            inputError = ExceptionDispatchInfo.Capture(e);
            return false;
        }
    }

    private void Read(int row)
    {
        idGetter(ref ids[row]);
        batches[row] = input.Batch;
        foreach (var buffer in buffers)
            buffer?.Fill(row);
        errors[row] = null;
        try
        {
            reader.Read(images.AsSpan(good * imageSize, imageSize));
            places[row] = good++;
        }
        catch (Exception e)
        {
            errors[row] = ExceptionDispatchInfo.Capture(e);
        }
    }

    private (Scores Scores, int Row) Current()
    {
        var row = Row();
        errors[row]?.Throw();
        runError?.Throw();
        if (scores is null)
        {
            try
            {
                scores = Scores.Of(plan.Model, images.AsMemory(0, good * imageSize), columns.Detects);
            }
            catch (Exception e)
            {
                runError = ExceptionDispatchInfo.Capture(e);
                throw;
            }
        }

        return (scores, places[row]);
    }
}
