using Microsoft.ML;

namespace DQPipeline.ML.Views;

/// <summary>What getters of rows and cursors have in common.</summary>
internal static class Getters
{
    /// <summary>A getter of the type that the caller says.</summary>
    /// <exception cref="InvalidOperationException">It is of another type.</exception>
    public static ValueGetter<TValue> Typed<TValue>(Delegate getter, DataViewSchema.Column column) => getter as ValueGetter<TValue>
        ?? throw new InvalidOperationException($"Column '{column.Name}' is of type {column.Type.RawType}, not {typeof(TValue)}.");

    /// <summary>Someone asks for the values of a column that they did not ask for before.</summary>
    public static InvalidOperationException Inactive(DataViewSchema.Column column) => new($"Column '{column.Name}' is not active.");
}
