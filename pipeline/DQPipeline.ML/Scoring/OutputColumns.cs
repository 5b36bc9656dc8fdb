using DQPipeline.Onnx.Inference;
using Microsoft.ML;
using Microsoft.ML.Data;
using Kinds = Microsoft.ML.Data.AnnotationUtils.Kinds;

namespace DQPipeline.ML.Scoring;

/// <summary>The columns that the transformer adds, behind those of its input; a column of the same name is hidden, as ML.NET does it.</summary>
internal sealed class OutputColumns
{
    private readonly IReadOnlyList<Output> outputs;
    private readonly ReadOnlyMemory<char>[] labels;

    /// <summary>The columns that the options ask for.</summary>
    public OutputColumns(DefensiveQuantizationOptions options, DeployedModelInfo info)
    {
        labels = [.. info.Labels.Select(label => label.AsMemory())];
        var count = labels.Length;
        var named = new (string? Name, Kind Kind, DataViewType Type)[]
        {
            (options.PredictedLabelColumnName, Kind.Label, TextDataViewType.Instance),
            (options.PredictedLabelKeyColumnName, Kind.Key, new KeyDataViewType(typeof(uint), count)),
            (options.ScoreColumnName, Kind.Score, new VectorDataViewType(NumberDataViewType.Single, count)),
            (options.ProbabilityColumnName, Kind.Probability, new VectorDataViewType(NumberDataViewType.Single, count)),
            (options.IsAdversarialColumnName, Kind.IsAdversarial, BooleanDataViewType.Instance),
        };
        outputs = [.. named.Where(output => output.Name is not null).Select(output => new Output(output.Name!, output.Kind, output.Type))];
    }

    private enum Kind
    {
        Label,
        Key,
        Score,
        Probability,
        IsAdversarial,
    }

    /// <summary>How many there are.</summary>
    public int Count => outputs.Count;

    /// <summary>The schema of the input with the columns behind it.</summary>
    public DataViewSchema Schema(IReadOnlyList<DataViewSchema.Column> input)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        // Columns of one classifier have one number, which no other classifier of the pipeline has.
        var set = input.Max(column => Set(column.Annotations)) + 1 ?? 1;
        foreach (var output in outputs)
            builder.AddColumn(output.Name, output.Type, Annotations(output.Kind, set));
        return builder.ToSchema();
    }

    /// <summary>Whether the column detects adversarial images.</summary>
    public bool Detects(int output) => outputs[output].Kind == Kind.IsAdversarial;

    /// <summary>The getter of a column.</summary>
    /// <param name="output">The column, counted from the first added one.</param>
    /// <param name="current">The scores of the row at which the getter is asked, and the row's place in them.</param>
    public Delegate Getter(int output, Func<(Scores Scores, int Row)> current) => outputs[output].Kind switch
    {
        Kind.Label => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) =>
        {
            var (scores, row) = current();
            value = labels[scores.Label(row)];
        }),
        Kind.Key => (ValueGetter<uint>)((ref uint value) =>
        {
            var (scores, row) = current();
            value = (uint)scores.Label(row) + 1;
        }),
        Kind.Score => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            var (scores, row) = current();
            Copy(scores.Logits(row), ref value);
        }),
        Kind.Probability => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            var (scores, row) = current();
            Copy(scores.Probabilities(row), ref value);
        }),
        _ => (ValueGetter<bool>)((ref bool value) =>
        {
            var (scores, row) = current();
            value = scores.IsAdversarial(row);
        }),
    };

    private static uint? Set(DataViewSchema.Annotations annotations)
    {
        if (annotations.Schema.GetColumnOrNull(Kinds.ScoreColumnSetId)?.Type is not KeyDataViewType { RawType: var raw } || raw != typeof(uint))
            return null;
        uint set = 0;
        annotations.GetValue(Kinds.ScoreColumnSetId, ref set);
        return set;
    }

    private static void Copy(ReadOnlySpan<float> from, ref VBuffer<float> to)
    {
        var editor = VBufferEditor.Create(ref to, from.Length);
        from.CopyTo(editor.Values);
        to = editor.Commit();
    }

    private DataViewSchema.Annotations? Annotations(Kind kind, uint set)
    {
        if (kind == Kind.IsAdversarial)
            return null;
        var builder = new DataViewSchema.Annotations.Builder();
        if (kind == Kind.Key)
        {
            builder.Add<VBuffer<ReadOnlyMemory<char>>>(Kinds.KeyValues, Names(), CopyLabels);
            return builder.ToAnnotations();
        }

        if (kind is Kind.Score or Kind.Probability)
            builder.Add<VBuffer<ReadOnlyMemory<char>>>(Kinds.SlotNames, Names(), CopyLabels);
        builder.Add(Kinds.ScoreColumnSetId, AnnotationUtils.ScoreColumnSetIdType, (ref uint value) => value = set);
        builder.Add(Kinds.ScoreColumnKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification.AsMemory());
        var means = kind switch
        {
            Kind.Label => AnnotationUtils.Const.ScoreValueKind.PredictedLabel,
            Kind.Score => AnnotationUtils.Const.ScoreValueKind.Score,
            _ => AnnotationUtils.Const.ScoreValueKind.Probability,
        };
        builder.Add(Kinds.ScoreValueKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = means.AsMemory());
        return builder.ToAnnotations();
    }

    private VectorDataViewType Names() => new(TextDataViewType.Instance, labels.Length);

    private void CopyLabels(ref VBuffer<ReadOnlyMemory<char>> value)
    {
        var editor = VBufferEditor.Create(ref value, labels.Length);
        labels.CopyTo(editor.Values);
        value = editor.Commit();
    }

    private sealed record Output(string Name, Kind Kind, DataViewType Type);
}
