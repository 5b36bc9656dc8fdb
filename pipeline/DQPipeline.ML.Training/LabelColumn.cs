using System.Globalization;
using System.Numerics;
using DQPipeline.Declarations;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Training;

/// <summary>Labels of rows as text, whatever the column holds.</summary>
internal static class LabelColumn
{
    private static readonly Type[] s_types =
    [
        typeof(ReadOnlyMemory<char>), typeof(bool), typeof(float), typeof(double),
        typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong),
    ];

    /// <summary>Reads the label of the row that a cursor stands on; null where it has none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of another type.</exception>
    public static Func<string?> Reader(DataViewRow row, string name)
    {
        var column = row.Schema.GetColumnOrNull(name) ?? throw Missing(name);
        return column.Type switch
        {
            TextDataViewType => Read<ReadOnlyMemory<char>>(value => value.IsEmpty ? null : value.ToString()),
            KeyDataViewType key when key.RawType == typeof(byte) => Keys<byte>(row, column, key),
            KeyDataViewType key when key.RawType == typeof(ushort) => Keys<ushort>(row, column, key),
            KeyDataViewType key when key.RawType == typeof(uint) => Keys<uint>(row, column, key),
            KeyDataViewType key when key.RawType == typeof(ulong) => Keys<ulong>(row, column, key),
            NumberDataViewType number when number.RawType == typeof(float) => Read<float>(value => Whole(value)),
            NumberDataViewType number when number.RawType == typeof(double) => Read<double>(Whole),
            NumberDataViewType number when number.RawType == typeof(sbyte) => Number<sbyte>(),
            NumberDataViewType number when number.RawType == typeof(byte) => Number<byte>(),
            NumberDataViewType number when number.RawType == typeof(short) => Number<short>(),
            NumberDataViewType number when number.RawType == typeof(ushort) => Number<ushort>(),
            NumberDataViewType number when number.RawType == typeof(int) => Number<int>(),
            NumberDataViewType number when number.RawType == typeof(uint) => Number<uint>(),
            NumberDataViewType number when number.RawType == typeof(long) => Number<long>(),
            NumberDataViewType number when number.RawType == typeof(ulong) => Number<ulong>(),
            BooleanDataViewType => Read<bool>(value => value ? "true" : "false"),
            var other => throw Mismatch(name, other.ToString()!),
        };

        Func<string?> Number<T>()
            where T : IBinaryInteger<T> => Read<T>(value => value.ToString(null, CultureInfo.InvariantCulture));

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
        if (column.Kind != SchemaShape.Column.VectorKind.Scalar || !s_types.Contains(column.ItemType.RawType))
            throw Mismatch(name, $"{column.Kind} of {column.ItemType}");
    }

    private static Func<string?> Keys<T>(DataViewRow row, DataViewSchema.Column column, KeyDataViewType key)
        where T : IBinaryInteger<T>
    {
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        if (column.Annotations.Schema.GetColumnOrNull("KeyValues") is { Type: VectorDataViewType { ItemType: TextDataViewType } })
            column.Annotations.GetValue("KeyValues", ref names);
        var (getter, value) = (row.GetGetter<T>(column), T.Zero);
        return () =>
        {
            getter(ref value);
            var place = ulong.CreateChecked(value);
            return place == 0 || place > key.Count ? null
                : names.Length > 0 ? names.GetItemOrDefault((int)place - 1).ToString()
                : (place - 1).ToString(CultureInfo.InvariantCulture);
        };
    }

    private static string? Whole(double value) => double.IsNaN(value) ? null : value == Math.Floor(value)
        ? value.ToString("F0", CultureInfo.InvariantCulture)
        : throw new DqException(DiagnosticCodes.DataUnfit, string.Create(CultureInfo.InvariantCulture, $"a row's label is {value}; a label is a text, a key or a whole number"));

    private static ArgumentOutOfRangeException Missing(string name) => new("inputSchema", $"Could not find label column '{name}'");

    private static ArgumentOutOfRangeException Mismatch(string name, string got) => new("inputSchema", $"Schema mismatch for label column '{name}': expected text, a key or a whole number, got {got}");
}
