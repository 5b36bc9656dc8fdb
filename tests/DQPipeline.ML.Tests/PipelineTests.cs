using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Tests;

/// <summary>The transformer among ML.NET's own.</summary>
public class PipelineTests
{
    [Fact]
    public void Columns_of_the_input_pass_through()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var answers = context.Data.CreateEnumerable<Models.NamedAnswer>(transformer.Transform(Models.View(context, 130)), reuseRowObject: true);
        var i = 0;
        foreach (var answer in answers)
        {
            Assert.Equal($"row {i}", answer.Name);
            Assert.Equal([i, -i], answer.Pair);
            i++;
        }

        Assert.Equal(130, i);
    }

    /// <summary>A reader may dispose the images that it gets: those that were read ahead are not touched by it, nor are the caller's.</summary>
    [Fact]
    public void Images_pass_through_as_copies()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var pixels = Models.Pixels(30);
        var rows = pixels.Select((planes, n) => new Models.PictureRow { Number = n, Image = Models.Picture(planes) }).ToArray();
        rows[3].Image.Tag = "three";
        var scored = transformer.Transform(context.Data.LoadFromEnumerable(rows));
        using var cursor = scored.GetRowCursor([scored.Schema["Image"], scored.Schema["PredictedLabel"]]);
        var (image, label) = (cursor.GetGetter<MLImage>(scored.Schema["Image"]), cursor.GetGetter<ReadOnlyMemory<char>>(scored.Schema["PredictedLabel"]));
        var expected = Models.Best(Models.Logits(Models.Images(30)));
        for (var i = 0; cursor.MoveNext(); i++)
        {
            MLImage? value = null;
            image(ref value!);
            Assert.Equal(Models.Picture(pixels[i]).Pixels.ToArray(), value.Pixels.ToArray());
            Assert.Equal(i == 3, value.Tag == "three");
            value.Dispose();
            ReadOnlyMemory<char> found = default;
            label(ref found);
            Assert.Equal(expected[i], found.ToString());
        }

        Assert.All(rows, row => Assert.Equal(4 * 64, row.Image.Pixels.Length));
    }

    /// <summary>A resizer passes on what the loader made where the size fits, and the loader disposes it at the next row.</summary>
    [Fact]
    public void Images_of_files_pass_through_as_plain_ML_NET_gives_them()
    {
        var folder = Directory.CreateTempSubdirectory("dq-pictures-");
        try
        {
            var rows = Enumerable.Range(0, 30).Select(i => new FileRow { File = $"{i}.png" }).ToArray();
            foreach (var (planes, row) in Models.Pixels(30).Zip(rows))
            {
                using var picture = Models.Picture(planes);
                picture.Save(Path.Combine(folder.FullName, row.File));
            }

            var context = Models.Context();
            using var transformer = Models.Transformer();
            var view = context.Data.LoadFromEnumerable(rows);
            var loading = context.Transforms.LoadImages("Image", imageFolder: folder.FullName, inputColumnName: "File").Append(context.Transforms.ResizeImages("Image", Models.Side, Models.Side));
            var plain = loading.Fit(view).Transform(view);
            var scored = transformer.Transform(plain);
            using var plainCursor = plain.GetRowCursor([plain.Schema["Image"]]);
            using var cursor = scored.GetRowCursor([scored.Schema["Image"], scored.Schema["PredictedLabel"]]);
            var plainImage = plainCursor.GetGetter<MLImage>(plain.Schema["Image"]);
            var (image, label) = (cursor.GetGetter<MLImage>(scored.Schema["Image"]), cursor.GetGetter<ReadOnlyMemory<char>>(scored.Schema["PredictedLabel"]));
            var labels = Models.Best(Models.Logits(Models.Images(30)));
            MLImage? expected = null;
            MLImage? found = null;
            for (var i = 0; i < 30; i++)
            {
                Assert.True(plainCursor.MoveNext() && cursor.MoveNext());
                plainImage(ref expected!);
                image(ref found!);
                Assert.Equal(expected.PixelFormat, found.PixelFormat);
                Assert.Equal(expected.Pixels.ToArray(), found.Pixels.ToArray());
                ReadOnlyMemory<char> text = default;
                label(ref text);
                Assert.Equal(labels[i], text.ToString());
            }

            Assert.False(cursor.MoveNext());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Images_that_were_read_ahead_go_with_the_cursor_and_the_callers_do_not()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var rows = Models.Pixels(3).Select((planes, n) => new Models.PictureRow { Number = n, Image = Models.Picture(planes) }).ToArray();
        var scored = transformer.Transform(context.Data.LoadFromEnumerable(rows));
        var cursor = scored.GetRowCursor([scored.Schema["Image"], scored.Schema["PredictedLabel"]]);
        var getter = cursor.GetGetter<MLImage>(scored.Schema["Image"]);
        Assert.True(cursor.MoveNext());
        MLImage mine = null!;
        getter(ref mine);
        cursor.Dispose();
        Assert.Equal(rows[0].Image.Pixels.ToArray(), mine.Pixels.ToArray());
        Assert.Equal("Object is disposed.", Assert.Throws<InvalidOperationException>(() => getter(ref mine)).Message);
        Assert.All(rows, row => Assert.Equal(4 * 64, row.Image.Pixels.Length));
    }

    [Fact]
    public void Views_can_be_previewed_cached_shuffled_and_cut()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var scored = transformer.Transform(Models.View(context, 150));
        var labels = Models.Best(Models.Logits(Models.Images(150)));
        string[] Labels(IDataView view) => [.. view.GetColumn<string>("PredictedLabel")];

        var preview = scored.Preview(maxRows: 7);
        Assert.Equal(7, preview.RowView.Length);
        Assert.Equal(labels[..7], preview.ColumnView.Single(column => column.Column.Name == "PredictedLabel").Values.Select(value => value.ToString()));

        var cached = context.Data.Cache(scored);
        Assert.Equal(labels, Labels(cached));
        var runs = transformer.Runs;
        Assert.Equal(labels, Labels(cached));
        Assert.Equal(runs, transformer.Runs);

        Assert.Equal(labels[100..120], Labels(context.Data.TakeRows(context.Data.SkipRows(scored, 100), 20)));

        var shuffled = context.Data.CreateEnumerable<Models.NamedAnswer>(context.Data.ShuffleRows(scored, seed: 5), reuseRowObject: false).ToArray();
        Assert.NotEqual(Enumerable.Range(0, 150).Select(i => (float)i), shuffled.Select(row => row.Number));
        Assert.Equal(Enumerable.Range(0, 150).Select(i => (float)i), shuffled.Select(row => row.Number).Order());
        Assert.All(shuffled, row => Assert.Equal(labels[(int)row.Number], row.PredictedLabel));

        var split = context.Data.TrainTestSplit(scored, testFraction: 0.3);
        var parts = new[] { split.TrainSet, split.TestSet }.Select(part => context.Data.CreateEnumerable<Models.NamedAnswer>(part, reuseRowObject: false).ToArray()).ToArray();
        Assert.Equal(150, parts.Sum(part => part.Length));
        Assert.All(parts, part => Assert.NotEmpty(part));
        Assert.All(parts.SelectMany(part => part), row => Assert.Equal(labels[(int)row.Number], row.PredictedLabel));
    }

    [Fact]
    public void Sets_of_cursors_have_each_row_once()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var scored = transformer.Transform(context.Data.Cache(Models.View(context, 300)));
        var labels = Models.Best(Models.Logits(Models.Images(300)));
        var found = new string?[300];
        foreach (var cursor in scored.GetRowCursorSet([scored.Schema["Number"], scored.Schema["PredictedLabel"]], 3))
        {
            using (cursor)
            {
                var (number, label) = (cursor.GetGetter<float>(scored.Schema["Number"]), cursor.GetGetter<ReadOnlyMemory<char>>(scored.Schema["PredictedLabel"]));
                while (cursor.MoveNext())
                {
                    var (i, text) = (0f, default(ReadOnlyMemory<char>));
                    number(ref i);
                    label(ref text);
                    Assert.Null(found[(int)i]);
                    found[(int)i] = text.ToString();
                }
            }
        }

        Assert.Equal(labels, found);
    }

    [Fact]
    public void Mlnet_evaluates_what_it_says()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer(new() { ProbabilityColumnName = "Probability" });
        var view = context.Transforms.Conversion.MapValueToKey("LabelKey", "Label", keyData: context.Data.LoadFromEnumerable(Models.Labels.Select(label => new { Label = label })))
            .Fit(Models.View(context, 90)).Transform(Models.View(context, 90));
        var metrics = context.MulticlassClassification.Evaluate(transformer.Transform(view), "LabelKey", "Probability", "PredictedLabelKey");
        var (images, rows) = (Models.Images(90), Models.Rows(90));
        var logits = Models.Logits(images);
        Assert.Equal(Models.Best(logits).Zip(rows, (found, row) => found == row.Label ? 1.0 : 0).Average(), metrics.MicroAccuracy, 9);
        var loss = logits.Zip(rows, (row, actual) => Math.Log(row.Sum(z => Math.Exp(z - row.Max()))) + row.Max() - row[Array.IndexOf(Models.Labels, actual.Label)]).Average();
        Assert.Equal(loss, metrics.LogLoss, 3);
    }

    [Fact]
    public void Keys_map_back_to_labels_and_scores_train_others()
    {
        var context = Models.Context();
        var data = Models.View(context, 120);
        var pipeline = context.Transforms.DefensiveQuantization(Models.Integer)
            .Append(context.Transforms.Conversion.MapKeyToValue("Again", "PredictedLabelKey"))
            .Append(context.Transforms.Conversion.MapValueToKey("Target", "Label"))
            .AppendCacheCheckpoint(context)
            .Append(context.MulticlassClassification.Trainers.SdcaMaximumEntropy("Target", "Score"));
        var model = pipeline.Fit(data);
        var scored = model.Transform(data);
        Assert.Equal(Models.Best(Models.Logits(Models.Images(120))), scored.GetColumn<string>("Again"));
        Assert.Equal(2, scored.Schema.Count(column => column.Name == "Score"));
    }

    [Fact]
    public void Annotations_say_what_the_columns_are()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer(new() { ProbabilityColumnName = "Probability" });
        var schema = transformer.GetOutputSchema(Models.View(context, 1).Schema);
        foreach (var (name, kind, meaning) in new[] { ("Score", "SlotNames", "Score"), ("Probability", "SlotNames", "Probability"), ("PredictedLabelKey", "KeyValues", null) })
        {
            var names = default(VBuffer<ReadOnlyMemory<char>>);
            schema[name].Annotations.GetValue(kind, ref names);
            Assert.Equal(Models.Labels, names.DenseValues().Select(label => label.ToString()));
            if (meaning is not null)
                Assert.Equal(("MulticlassClassification", meaning), (Text(schema[name], "ScoreColumnKind"), Text(schema[name], "ScoreValueKind")));
        }

        Assert.Equal("PredictedLabel", Text(schema["PredictedLabel"], "ScoreValueKind"));
        // A second classifier's columns belong to another set than the first one's.
        using var second = Models.Transformer(new() { ScoreColumnName = "Score2", PredictedLabelColumnName = "Label2", PredictedLabelKeyColumnName = null });
        var both = second.GetOutputSchema(schema);
        Assert.Equal((1u, 1u, 2u, 2u), (Set("Score"), Set("PredictedLabel"), Set("Score2"), Set("Label2")));

        uint Set(string column)
        {
            uint set = 0;
            both[column].Annotations.GetValue("ScoreColumnSetId", ref set);
            return set;
        }

        static string Text(DataViewSchema.Column column, string annotation)
        {
            ReadOnlyMemory<char> text = default;
            column.Annotations.GetValue(annotation, ref text);
            return text.ToString();
        }
    }

    /// <summary>What the estimator promises before there are data is what comes.</summary>
    [Fact]
    public void The_promised_schema_is_the_one_that_comes()
    {
        var context = Models.Context();
        var options = new DefensiveQuantizationOptions { ProbabilityColumnName = "Name", IsAdversarialColumnName = "Odd" };
        var estimator = context.Transforms.DefensiveQuantization(Models.Integer, options);
        var view = Models.View(context, 1);
        var promised = estimator.GetOutputSchema(Shape(view.Schema));
        var actual = Shape(estimator.Fit(view).GetOutputSchema(view.Schema));
        Assert.Equal(actual.Select(Words).Order(), promised.Select(Words).Order());
        Assert.Contains("Could not find", Assert.Throws<ArgumentOutOfRangeException>(() => estimator.GetOutputSchema(new([]))).Message, StringComparison.Ordinal);
        var wrong = context.Transforms.DefensiveQuantization(Models.Integer, new() { InputColumnName = "Name" });
        Assert.Contains("Schema mismatch", Assert.Throws<ArgumentOutOfRangeException>(() => wrong.GetOutputSchema(Shape(view.Schema))).Message, StringComparison.Ordinal);

        // ML.NET's own way from a schema to its shape is internal.
        static SchemaShape Shape(DataViewSchema schema) =>
            (SchemaShape)typeof(SchemaShape).GetMethod("Create", BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, [schema])!;

        static string Words(SchemaShape.Column column) =>
            $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey} [{string.Join(", ", column.Annotations.Select(annotation => $"{annotation.Name} {annotation.Kind} {annotation.ItemType}").Order())}]";
    }

    [Fact]
    public void Columns_that_are_not_named_are_not_there()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer(new() { PredictedLabelColumnName = null, PredictedLabelKeyColumnName = null, ScoreColumnName = "Logits" });
        var view = Models.View(context, 1);
        Assert.Equal([.. view.Schema.Select(column => column.Name), "Logits"], transformer.GetOutputSchema(view.Schema).Select(column => column.Name));
    }

    private sealed class FileRow
    {
        public string File { get; set; } = "";
    }
}
