using DQPipeline.ML.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Tests;

/// <summary>Views: rows in order, scored together, and only if somebody asks.</summary>
public class BatchTests
{
    /// <summary>Batches of 1, 4, 16 and then of 64.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(5, 2)]
    [InlineData(63, 4)]
    [InlineData(64, 4)]
    [InlineData(65, 4)]
    [InlineData(85, 4)]
    [InlineData(86, 5)]
    [InlineData(200, 6)]
    public void Rows_come_in_order_and_are_run_together(int rows, int runs)
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var view = Models.View(context, rows);
        var answers = context.Data.CreateEnumerable<Models.NamedAnswer>(transformer.Transform(view), reuseRowObject: false).ToArray();
        var logits = Models.Logits(Models.Images(rows));
        Assert.Equal(runs, transformer.Runs);
        Assert.Equal(Enumerable.Range(0, rows).Select(i => (float)i), answers.Select(answer => answer.Number));
        Assert.Equal(Models.Best(logits), answers.Select(answer => answer.PredictedLabel));
        Assert.Equal(Models.Best(logits), answers.Select(answer => Models.Labels[answer.PredictedLabelKey - 1]));
        foreach (var (expected, answer) in logits.Zip(answers))
            Assert.Equal(expected, answer.Score, (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void The_models_answers_are_not_all_the_same() => Assert.True(Models.Best(Models.Logits(Models.Images(200))).Distinct().Count() >= 3);

    [Fact]
    public void Identifiers_positions_and_batches_are_those_of_the_input()
    {
        var view = Models.View(Models.Context(), 90);
        using var transformer = Models.Transformer();
        using var plain = view.GetRowCursor(view.Schema);
        var scored = transformer.Transform(view);
        using var cursor = scored.GetRowCursor(scored.Schema);
        var (plainId, id) = (plain.GetIdGetter(), cursor.GetIdGetter());
        for (var i = 0; i < 90; i++)
        {
            Assert.True(plain.MoveNext() && cursor.MoveNext());
            DataViewRowId expected = default, found = default;
            plainId(ref expected);
            id(ref found);
            Assert.Equal((expected, plain.Position, plain.Batch), (found, cursor.Position, cursor.Batch));
        }

        Assert.False(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
        Assert.Equal(-1, cursor.Position);
    }

    [Fact]
    public void What_nobody_asks_for_does_not_run()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var scored = transformer.Transform(Models.View(context, 100));
        Assert.Equal(100, scored.GetColumn<string>("Name").Count());
        Assert.Equal(100, scored.GetRowCount());
        Assert.Equal(0, transformer.Runs);
        // Asked for, but never looked at.
        using (var cursor = scored.GetRowCursor([scored.Schema["Score"]]))
        {
            while (cursor.MoveNext())
            {
            }
        }

        Assert.Equal(0, transformer.Runs);
        Assert.Equal(100, scored.GetColumn<string>("PredictedLabel").Count());
        Assert.Equal(6, transformer.Runs + 1);
    }

    [Fact]
    public void A_taker_of_one_row_pays_for_one()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var first = context.Data.TakeRows(transformer.Transform(Models.View(context, 500)), 1);
        Assert.Single(context.Data.CreateEnumerable<Models.Answer>(first, reuseRowObject: false));
        Assert.Equal(1, transformer.Runs);
    }

    [Fact]
    public void A_column_that_was_not_asked_for_has_no_getter()
    {
        using var transformer = Models.Transformer();
        var scored = transformer.Transform(Models.View(Models.Context(), 3));
        foreach (var asked in new[] { "Score", "Name" })
        {
            using var cursor = scored.GetRowCursor([scored.Schema[asked]]);
            Assert.True(cursor.IsColumnActive(scored.Schema[asked]));
            Assert.False(cursor.IsColumnActive(scored.Schema["PredictedLabel"]));
            Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<ReadOnlyMemory<char>>(scored.Schema["PredictedLabel"]));
            Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<double>(scored.Schema[asked]));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_and_single_predictions_agree(bool integer)
    {
        var context = Models.Context();
        using var transformer = Models.Transformer(new() { ProbabilityColumnName = "Probability", IsAdversarialColumnName = "IsAdversarial" }, integer ? Models.Integer : Models.Float);
        var rows = Models.Rows(70);
        var together = context.Data.CreateEnumerable<Full>(transformer.Transform(context.Data.LoadFromEnumerable(rows)), reuseRowObject: false).ToArray();
        var engine = context.Model.CreatePredictionEngine<Models.Row, Full>(transformer);
        foreach (var (row, expected) in rows.Zip(together))
        {
            var runs = transformer.Runs;
            var answer = engine.Predict(row);
            // All five columns of a row come from one run.
            Assert.Equal(runs + 1, transformer.Runs);
            Assert.Equal((expected.PredictedLabel, expected.PredictedLabelKey, expected.IsAdversarial), (answer.PredictedLabel, answer.PredictedLabelKey, answer.IsAdversarial));
            Assert.Equal(expected.Score, answer.Score, (a, b) => Math.Abs(a - b) < 1e-4);
            Assert.Equal(1, answer.Probability.Sum(), 5);
            var soft = answer.Score.Select(z => Math.Exp(z - answer.Score.Max())).ToArray();
            Assert.Equal(soft.Select(e => e / soft.Sum()), answer.Probability.Select(p => (double)p), (a, b) => Math.Abs(a - b) < 1e-5);
        }

        Assert.InRange(together.Count(answer => answer.IsAdversarial), 1, 69);
    }

    /// <summary>The flag says that the label changes when the image is squeezed, by a median filter and rounding written here once more.</summary>
    [Fact]
    public void An_image_is_adversarial_where_squeezing_changes_its_label()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer(new() { IsAdversarialColumnName = "IsAdversarial" });
        var images = Models.Images(120);
        var flags = transformer.Transform(Models.View(context, 120)).GetColumn<bool>("IsAdversarial").ToArray();
        var before = Models.Best(Models.Logits(images));
        var after = Models.Best(Models.Logits(Array.ConvertAll(images, Squeezed)));
        Assert.Equal(before.Zip(after, (a, b) => a != b), flags);
        Assert.Contains(true, flags);
    }

    /// <summary>65536 images of 3×128×128 have more values than an int can count.</summary>
    [Fact]
    public void The_largest_batch_scores_as_the_smallest()
    {
        var view = LargeImages(6);
        Full[] Scored(int batch, int runs)
        {
            using var transformer = Models.Transformer(new() { BatchSize = batch, ProbabilityColumnName = "Probability", IsAdversarialColumnName = "IsAdversarial" }, Models.Large);
            var answers = Models.Context().Data.CreateEnumerable<Full>(transformer.Transform(view), reuseRowObject: false).ToArray();
            Assert.Equal(runs, transformer.Runs);
            return answers;
        }

        foreach (var (expected, found) in Scored(1, runs: 6).Zip(Scored(65536, runs: 3)))
        {
            Assert.Equal((expected.PredictedLabel, expected.IsAdversarial), (found.PredictedLabel, found.IsAdversarial));
            Assert.Equal(expected.Score, found.Score, (a, b) => Math.Abs(a - b) < 1e-4);
        }
    }

    [Fact]
    public void A_taker_of_one_row_pays_for_one_in_memory_too()
    {
        var view = LargeImages(1);
        using var transformer = Models.Transformer(model: Models.Large);
        var scored = transformer.Transform(view);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var cursor = scored.GetRowCursor(scored.Schema);
        Assert.True(cursor.MoveNext());
        // A batch of 64 would take twice as much.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, sizeof(float) * Models.LargeRow.Size, 32 * sizeof(float) * Models.LargeRow.Size);
    }

    [Theory]
    [InlineData(64, 3 * 224 * 224, 64)]
    [InlineData(65536, 3 * 224 * 224, 445)]
    [InlineData(64, 3 * 1024 * 1024, 21)]
    [InlineData(1, 3 * 1024 * 1024, 1)]
    [InlineData(64, 3 * 8192 * 8192, 1)]
    public void A_batch_is_as_many_images_as_256_MiB_hold(int batch, int imageSize, int rows)
    {
        Assert.Equal(rows, ScoringPlan.RowsTogether(batch, imageSize));
        Assert.True(rows == 1 || (long)rows * imageSize * sizeof(float) <= 256 << 20);
    }

    private static IDataView LargeImages(int count)
    {
        var random = new Random(5);
        float[] Image() => [.. Enumerable.Range(0, Models.LargeRow.Size).Select(_ => random.Next(256) / 255f)];
        return Models.Context().Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ => new Models.LargeRow { Image = Image() }).ToArray());
    }

    private static float[] Squeezed(float[] image) =>
    [
        .. Enumerable.Range(0, image.Length).Select(i =>
        {
            var (plane, row, column) = (i / 64, i / 8 % 8, i % 8);
            float At(int r, int c) => image[(plane * 64) + (Math.Max(r, 0) * 8) + Math.Max(c, 0)];
            var window = new[] { At(row - 1, column - 1), At(row - 1, column), At(row, column - 1), At(row, column) }.Order().ToArray();
            return MathF.Round(window[2] * 31) / 31;
        }),
    ];

    private sealed class Full : Models.Answer
    {
        public float[] Probability { get; set; } = [];

        public bool IsAdversarial { get; set; }
    }
}
