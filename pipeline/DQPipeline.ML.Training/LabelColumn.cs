using System.Globalization;
using DQPipeline.Declarations;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Training;

/// <summary>Labels of rows as text, whatever the column holds.</summary>
internal static class LabelColumn
{
    /// <summary>Reads the label of the row that a cursor stands on; null where it has none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of another type.</exception>
    public static Func<string?> Reader(DataViewRow row, string name)
    {
        var column = row.Schema.GetColumnOrNull(name) ?? throw Missing(name);
        return column.Type switch
        {
            TextDataViewType => Read<ReadOnlyMemory<char>>(value => value.IsEmpty ? null : value.ToString()),
            KeyDataViewType key when key.RawType == typeof(uint) => Keys(row, column, key),
            NumberDataViewType number when number.RawType == typeof(float) => Read<float>(value => float.IsNaN(value) ? null : Whole(value)),
            NumberDataViewType number when number.RawType == typeof(int) => Read<int>(value => value.ToString(CultureInfo.InvariantCulture)),
            NumberDataViewType number when number.RawType == typeof(uint) => Read<uint>(value => value.ToString(CultureInfo.InvariantCulture)),
            NumberDataViewType number when number.RawType == typeof(byte) => Read<byte>(value => value.ToString(CultureInfo.InvariantCulture)),
            BooleanDataViewType => Read<bool>(value => value ? "true" : "false"),
            var other => throw Mismatch(name, other.ToString()!),
        };

        Func<string?> Read<T>(Func<T, string?> text)
        {
            var (getter, value) = (row.GetGetter<T>(column), default(T)!);
            return () =>
            {
                getter(ref value);
                return text(value);
            };
        }
    }

    /// <summary>Holds what is known of a schema before there are data against what can be a label.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of another type.</exception>
    public static void Check(SchemaShape schema, string name)
    {
        if (schema.FirstOrDefault(candidate => candidate.Name == name) is not { Name: not null } column)
            throw Missing(name);
        Type[] types = [typeof(ReadOnlyMemory<char>), typeof(uint), typeof(float), typeof(int), typeof(byte), typeof(bool)];
        if (column.Kind != SchemaShape.Column.VectorKind.Scalar || !types.Contains(column.ItemType.RawType))
            throw Mismatch(name, $"{column.Kind} of {column.ItemType}");
    }

    private static Func<string?> Keys(DataViewRow row, DataViewSchema.Column column, KeyDataViewType key)
    {
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        if (column.Annotations.Schema.GetColumnOrNull("KeyValues") is { Type: VectorDataViewType { ItemType: TextDataViewType } })
            column.Annotations.GetValue("KeyValues", ref names);
        var (getter, value) = (row.GetGetter<uint>(column), 0u);
        return () =>
        {
            getter(ref value);
            return value == 0 || value > (ulong)key.Count ? null
                : names.Length > 0 ? names.GetItemOrDefault((int)value - 1).ToString()
                : (value - 1).ToString(CultureInfo.InvariantCulture);
        };
    }

    private static string Whole(float value) => value == MathF.Floor(value)
        ? value.ToString("F0", CultureInfo.InvariantCulture)
        : throw new DqException(DiagnosticCodes.DataUnfit, string.Create(CultureInfo.InvariantCulture, $"a row's label is {value}; a label is a text, a key or a whole number"));

    private static ArgumentOutOfRangeException Missing(string name) => new("inputSchema", $"Could not find label column '{name}'");

    private static ArgumentOutOfRangeException Mismatch(string name, string got) => new("inputSchema", $"Schema mismatch for label column '{name}': expected text, a key or a whole number, got {got}");
}
