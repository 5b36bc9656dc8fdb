using System.Globalization;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.ML.Scoring;
using DQPipeline.Onnx.Inference;
using Microsoft.ML;

namespace DQPipeline.ML.Training;

/// <summary>The rows of a view as a data set.</summary>
internal static class Rows
{
    /// <summary>Reads all rows.</summary>
    /// <param name="input">The view.</param>
    /// <param name="options">Which columns.</param>
    /// <param name="shape">The images' shape.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="DqException">DQ2005: fewer than two labels, a row without an image or label, or more rows than can be held. DQ2002: an image cannot be decoded.</exception>
    public static ImageDataset Read(IDataView input, DefensiveQuantizationTrainerOptions options, DeployedModelInfo shape)
    {
        var most = Array.MaxLength / shape.ImageSize;
        if (input.GetRowCount() > most)
            throw TooMany();
        var image = InputColumn.Find(input.Schema, options.Columns.InputColumnName, shape);
        var wanted = input.Schema.Where(column => column.Index == image.Index || column.Name == options.LabelColumnName);
        using var cursor = input.GetRowCursor(wanted);
        var (reader, label) = (ImageReader.Of(cursor, image, shape), LabelColumn.Reader(cursor, options.LabelColumnName));
        var (pixels, labels, values) = (new MemoryStream(), new List<string>(), new float[shape.ImageSize]);
        var bytes = new byte[shape.ImageSize];
        while (cursor.MoveNext())
        {
            options.Cancellation.ThrowIfCancellationRequested();
            if (labels.Count == most)
                throw TooMany();
            reader.Read(values);
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] = (byte)Math.Clamp(MathF.Round(values[i] * byte.MaxValue), 0, byte.MaxValue);
            pixels.Write(bytes);
            labels.Add(label() ?? throw new DqException(DiagnosticCodes.DataUnfit, $"row {labels.Count} has no label"));
        }

        var names = labels.Distinct().Order(LabelOrder).ToArray();
        if (names.Length < 2)
            throw new DqException(DiagnosticCodes.DataUnfit, $"the rows have {(names.Length == 0 ? "no label" : $"the one label '{names[0]}'")}, and a classifier needs two at least");
        var numbers = names.Select((name, number) => (name, number)).ToDictionary(pair => pair.name, pair => pair.number);
        return new(names, shape.Channels, shape.Height, shape.Width, MayFlip: false, new ImageSplit(pixels.ToArray(), [.. labels.Select(name => numbers[name])]), new ImageSplit([], []));

        DqException TooMany() => new(DiagnosticCodes.DataUnfit, $"there are more rows than the {most} of {shape.ImageSize} bytes that the 2 GB of a split hold; use fewer rows, or smaller images");
    }

    /// <summary>Numbers by their value, before all else by its characters: the order of the labels does not depend on that of the rows.</summary>
    private static IComparer<string> LabelOrder { get; } = Comparer<string>.Create((one, other) =>
    {
        var (first, second) = (long.TryParse(one, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var a), long.TryParse(other, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var b));
        return first && second && a != b ? a.CompareTo(b) : first != second ? second.CompareTo(first) : string.CompareOrdinal(one, other);
    });
}
