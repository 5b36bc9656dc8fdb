using DQPipeline.Declarations;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Training.Tests;

/// <summary>The trainer on views: images that are bright above, below, left or right, in noise.</summary>
public class TrainerTests
{
    private const int Side = 16;

    private static readonly string[] s_kinds = ["above", "below", "left", "right"];

    private static DefensiveQuantizationTrainerOptions Small => new()
    {
        Height = Side,
        Width = Side,
        Channels = 1,
        Train = new DefensiveQuantizationTrainerOptions().Train with { Epochs = 6, Batch = 16, Augment = new() { Crop = 0 } },
    };

    [Fact]
    public void It_learns_and_its_model_goes_with_the_pipeline()
    {
        var context = new MLContext(seed: 1);
        var (train, test) = (Rows(200, seed: 1), Rows(60, seed: 2));
        var progress = new Progress();
        var trainer = context.MulticlassClassification.Trainers.DefensiveQuantization(Small with { Progress = progress });
        using var model = trainer.Fit(context.Data.LoadFromEnumerable(train));
        Assert.Equal(s_kinds, model.Info.Labels);
        Assert.True(model.Info.IsInteger);
        Assert.Equal(Small.Train.Epochs, progress.Last.Epochs);

        var path = Path.Combine(Path.GetTempPath(), $"dq-trainer-{Environment.ProcessId}.zip");
        context.Model.Save(model, context.Data.LoadFromEnumerable(train).Schema, path);
        var loaded = context.Model.Load(path, out _);
        File.Delete(path);
        var found = loaded.Transform(context.Data.LoadFromEnumerable(test)).GetColumn<string>("PredictedLabel").ToArray();
        Assert.InRange(found.Zip(test, (label, row) => label == row.Label ? 1 : 0).Sum(), 55, 60);
    }

    /// <summary>The labels' order is their own, not that of the rows; and whatever they are written as, the model is the same.</summary>
    [Fact]
    public void Labels_may_be_text_keys_or_numbers_and_rows_in_the_same_order_give_the_same_model()
    {
        var context = new MLContext(seed: 1);
        var options = Small with { Train = Small.Train with { Epochs = 1 } };
        var rows = Rows(40, seed: 1);
        var view = context.Data.LoadFromEnumerable(rows);
        float[] Logits(IDataView data, string label)
        {
            using var model = context.MulticlassClassification.Trainers.DefensiveQuantization(options with { LabelColumnName = label }).Fit(data);
            return [.. model.Transform(data).GetColumn<float[]>("Score").SelectMany(row => row)];
        }

        var text = Logits(view, "Label");
        Assert.Equal(text, Logits(view, "Label"));
        var keys = context.Transforms.Conversion.MapValueToKey("Key", "Label").Fit(view).Transform(view);
        Assert.Equal(text, Logits(keys, "Key"));
        Assert.Equal(text, Logits(view, "Number"));
        Assert.Equal(text, Logits(view, "Whole"));
    }

    [Theory]
    [InlineData("Digit", DataKind.SByte)]
    [InlineData("Digit", DataKind.Byte)]
    [InlineData("Digit", DataKind.Int16)]
    [InlineData("Digit", DataKind.UInt16)]
    [InlineData("Digit", DataKind.UInt32)]
    [InlineData("Digit", DataKind.Int64)]
    [InlineData("Digit", DataKind.UInt64)]
    [InlineData("Digit", DataKind.Double)]
    [InlineData("Key", DataKind.Byte)]
    [InlineData("Key", DataKind.UInt16)]
    [InlineData("Key", DataKind.UInt64)]
    public void A_label_may_be_a_number_or_key_of_any_width(string column, DataKind kind)
    {
        var context = new MLContext(seed: 1);
        var chain = context.Transforms.Conversion.MapValueToKey("Key", "Label").Append(context.Transforms.Conversion.ConvertType("Wide", column, kind))
            .Append(context.MulticlassClassification.Trainers.DefensiveQuantization(Small with { Train = Small.Train with { Epochs = 1 }, LabelColumnName = "Wide" }));
        using var model = chain.Fit(context.Data.LoadFromEnumerable(Rows(8, seed: 1)));
        Assert.Equal(column == "Key" ? s_kinds : ["0", "1", "2", "3"], model.LastTransformer.Info.Labels);
    }

    [Fact]
    public void What_cannot_be_trained_on_is_said()
    {
        var context = new MLContext(seed: 1);
        var rows = Rows(8, seed: 1);
        var trainers = context.MulticlassClassification.Trainers;
        Assert.Equal(DiagnosticCodes.DataUnfit, Code(() => trainers.DefensiveQuantization(Small).Fit(context.Data.LoadFromEnumerable(rows.Where(row => row.Label == "left")))));
        Assert.Equal(DiagnosticCodes.DataUnfit, Code(() => trainers.DefensiveQuantization(Small).Fit(context.Data.LoadFromEnumerable(Array.Empty<Row>()))));
        Assert.Equal(DiagnosticCodes.DataUnfit, Code(() => trainers.DefensiveQuantization(Small).Fit(context.Data.LoadFromEnumerable(rows.Append(new Row { Image = rows[0].Image })))));
        // 2.6 GB of pixels.
        Assert.Equal(DiagnosticCodes.DataUnfit, Code(() => trainers.DefensiveQuantization(Small).Fit(context.Data.LoadFromEnumerable(Enumerable.Repeat(rows[0], 10_000_000).ToArray()))));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => trainers.DefensiveQuantization(Small with { Channels = 2 })));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => trainers.DefensiveQuantization(Small with { TrainingThreads = 0 })));
        // A word of dq.json that sets nothing here; with what it stands for it may be said.
        foreach (var word in (string[])["dq", "dq+"])
        {
            var plain = new TrainDeclaration { Activation = new() { Bits = 4 }, Defense = word };
            Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => trainers.DefensiveQuantization(Small with { Train = plain })));
            _ = trainers.DefensiveQuantization(Small with { Train = DefensePresets.With(plain, word) });
        }

        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => trainers.DefensiveQuantization(Small with { Train = Small.Train with { Activation = new() { Bits = 9 } } })));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => trainers.DefensiveQuantization(Small with { Quantize = new() { Bits = 9 } })));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => trainers.DefensiveQuantization(Small with { Quantize = new() { Calibration = new() { Samples = 0 } } })));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => trainers.DefensiveQuantization(Small with { Quantize = new() { Calibration = new() { Method = "most" } } })));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => trainers.DefensiveQuantization(Small with { Columns = new() { BatchSize = 0 } })));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => trainers.DefensiveQuantization(Small with { Columns = new() { Threads = 257 } })));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => trainers.DefensiveQuantization(Small with { Columns = new() { IsAdversarialColumnName = "IsAdversarial", Detector = new() { Median = 10 } } })));
        Assert.Contains("Could not find label column 'Class'", Mismatch(Small with { LabelColumnName = "Class" }), StringComparison.Ordinal);
        Assert.Contains("Schema mismatch for label column 'Image'", Mismatch(Small with { LabelColumnName = "Image" }), StringComparison.Ordinal);
        Assert.Contains("a vector of 3×16×16 = 768 float", Mismatch(Small with { Channels = 3 }), StringComparison.Ordinal);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => trainers.DefensiveQuantization(Small with { Cancellation = stop.Token }).Fit(context.Data.LoadFromEnumerable(rows)));

        string Mismatch(DefensiveQuantizationTrainerOptions options) =>
            Assert.Throws<ArgumentOutOfRangeException>(() => trainers.DefensiveQuantization(options).Fit(context.Data.LoadFromEnumerable(rows))).Message;

        static string Code(Action action) => Assert.Throws<DqException>(action).Diagnostics[0].Code;
    }

    /// <summary>In a chain, ML.NET asks for the shape of what will come before anything is trained.</summary>
    [Fact]
    public void A_chain_takes_it_and_goes_on_with_its_columns()
    {
        var context = new MLContext(seed: 1);
        var view = context.Data.LoadFromEnumerable(Rows(16, seed: 1));
        var chain = context.Transforms.CopyColumns("Copy", "Label")
            .Append(context.MulticlassClassification.Trainers.DefensiveQuantization(Small with { Train = Small.Train with { Epochs = 1 } }))
            .Append(context.Transforms.Conversion.MapKeyToValue("Again", "PredictedLabelKey"));
        var scored = chain.Fit(view).Transform(view);
        Assert.Equal(scored.GetColumn<string>("PredictedLabel"), scored.GetColumn<string>("Again"));
    }

    private static Row[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(n =>
            {
                var kind = (n * 7) % 4;
                var image = Enumerable.Range(0, Side * Side).Select(i =>
                {
                    var (row, column) = (i / Side, i % Side);
                    var bright = kind switch { 0 => row < 8, 1 => row >= 8, 2 => column < 8, _ => column >= 8 };
                    return MathF.Round(random.Next(100) + (bright ? 120 : 20)) / 255;
                }).ToArray();
                return new Row { Image = image, Label = s_kinds[kind], Number = kind, Whole = kind, Digit = $"{kind}" };
            }),
        ];
    }

    private sealed class Progress : IProgress<DQPipeline.Training.TrainingProgress>
    {
        public DQPipeline.Training.TrainingProgress Last { get; private set; }

        public void Report(DQPipeline.Training.TrainingProgress value) => Last = value;
    }

    private sealed class Row
    {
        [VectorType(Side * Side)]
        public float[] Image { get; set; } = [];

        public string Label { get; set; } = "";

        public float Number { get; set; }

        public int Whole { get; set; }

        public string Digit { get; set; } = "";
    }
}
