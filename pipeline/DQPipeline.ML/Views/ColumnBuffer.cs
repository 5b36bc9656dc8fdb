using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Views;

/// <summary>The values of one column of the input in the rows that were read ahead.</summary>
internal abstract class ColumnBuffer : IDisposable
{
    /// <summary>A buffer for a column.</summary>
    /// <param name="input">The cursor whose values it keeps.</param>
    /// <param name="column">The column.</param>
    /// <param name="rows">How many rows at most.</param>
    public static ColumnBuffer Of(DataViewRowCursor input, DataViewSchema.Column column, int rows)
    {
        var type = column.Type.RawType;
        var kind = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(VBuffer<>)
            ? typeof(Vectors<>).MakeGenericType(type.GetGenericArguments())
            : type == typeof(MLImage) ? typeof(Images) : typeof(Values<>).MakeGenericType(type);
        return (ColumnBuffer)Activator.CreateInstance(kind, input, column, rows)!;
    }

    /// <summary>Keeps the value of the row on which the input stands. A value that cannot be read is an error of its row, and is thrown when that row is asked for it.</summary>
    public abstract void Fill(int row);

    /// <summary>A getter of the kept value of the row that <paramref name="current"/> gives.</summary>
    public abstract Delegate Getter(Func<int> current);

    /// <summary>Frees what is kept and is nobody else's.</summary>
    public virtual void Dispose()
    {
    }

    private abstract class Kept<T> : ColumnBuffer
    {
        private readonly ValueGetter<T> getter;
        private readonly T?[] values;
        private readonly ExceptionDispatchInfo?[] errors;

        protected Kept(DataViewRowCursor input, DataViewSchema.Column column, int rows)
        {
            getter = input.GetGetter<T>(column);
            (values, errors) = (new T?[rows], new ExceptionDispatchInfo?[rows]);
        }

        protected IEnumerable<T?> All => values;

        public override void Fill(int row)
        {
            errors[row] = null;
            try
            {
                Keep(getter, ref values[row]);
            }
            catch (Exception e)
            {
                errors[row] = ExceptionDispatchInfo.Capture(e);
            }
        }

        public override Delegate Getter(Func<int> current) => (ValueGetter<T>)((ref T value) =>
        {
            var row = current();
            errors[row]?.Throw();
            Copy(values[row]!, ref value);
        });

        protected virtual void Keep(ValueGetter<T> read, ref T? kept) => read(ref kept!);

        protected abstract void Copy(in T from, ref T to);
    }

    private sealed class Values<T>(DataViewRowCursor input, DataViewSchema.Column column, int rows) : Kept<T>(input, column, rows)
    {
        protected override void Copy(in T from, ref T to) => to = from;
    }

    /// <summary>The next filling writes into the same arrays, so that readers get copies.</summary>
    private sealed class Vectors<T>(DataViewRowCursor input, DataViewSchema.Column column, int rows) : Kept<VBuffer<T>>(input, column, rows)
    {
        protected override void Copy(in VBuffer<T> from, ref VBuffer<T> to) => from.CopyTo(ref to);
    }

    /// <summary>
    /// The input disposes what it gave when it is asked again, which may be for the same row's model: a loader what it made, a resizer what it passed on because the size fitted. So copies are kept.
    /// Readers dispose what they get, so they get copies of the copies.
    /// </summary>
    private sealed class Images(DataViewRowCursor input, DataViewSchema.Column column, int rows) : Kept<MLImage>(input, column, rows)
    {
        // Never disposed here: it may be the caller's own object.
        private MLImage? given;

        public override void Dispose()
        {
            foreach (var image in All)
                image?.Dispose();
        }

        protected override void Keep(ValueGetter<MLImage> read, ref MLImage? kept)
        {
            read(ref given!);
            Copy(given, ref kept!);
        }

        protected override void Copy(in MLImage from, ref MLImage to)
        {
            to?.Dispose();
            to = from is null ? null! : MLImage.CreateFromPixels(from.Width, from.Height, from.PixelFormat, from.Pixels);
            if (from is not null)
                to.Tag = from.Tag;
        }
    }
}
