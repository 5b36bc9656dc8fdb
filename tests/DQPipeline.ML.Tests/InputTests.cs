using DQPipeline.Declarations;
using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;

namespace DQPipeline.ML.Tests;

/// <summary>Images as vectors, as MLImage and as files; what is no image is an error of its own row.</summary>
public class InputTests
{
    [Theory]
    [InlineData(MLPixelFormat.Rgba32)]
    [InlineData(MLPixelFormat.Bgra32)]
    public void Images_and_vectors_give_the_same_answers(MLPixelFormat format)
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var rows = Models.Pixels(80).Select((planes, i) => new Models.PictureRow { Number = i, Image = Models.Picture(planes, format) }).ToArray();
        var scored = transformer.Transform(context.Data.LoadFromEnumerable(rows));
        var answers = context.Data.CreateEnumerable<Models.Answer>(scored, reuseRowObject: false).ToArray();
        var expected = context.Data.CreateEnumerable<Models.Answer>(transformer.Transform(Models.View(context, 80)), reuseRowObject: false);
        foreach (var (vector, image) in expected.Zip(answers))
        {
            Assert.Equal(vector.PredictedLabel, image.PredictedLabel);
            Assert.Equal(vector.Score, image.Score);
        }

        // The caller's images are still the caller's.
        Assert.Equal(Models.Side, rows[0].Image.Width);
        using var engine = context.Model.CreatePredictionEngine<Models.PictureRow, Models.Answer>(transformer);
        Assert.Equal(answers[0].Score, engine.Predict(rows[0]).Score);
    }

    [Fact]
    public void Encoded_files_give_the_same_answers()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var rows = Models.Pixels(10).Select(planes => new Models.Encoded { Image = Png(planes, Models.Side) }).ToArray();
        var answers = transformer.Transform(context.Data.LoadFromEnumerable(rows)).GetColumn<string>("PredictedLabel");
        Assert.Equal(Models.Best(Models.Logits(Models.Images(10))), answers);
    }

    /// <summary>An image of one colour stays what it is at any size.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(31)]
    public void Images_of_another_size_are_resized(int side)
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        byte[] Colour(int size) => [.. Enumerable.Repeat((byte)200, size * size), .. Enumerable.Repeat((byte)90, size * size), .. Enumerable.Repeat((byte)10, size * size)];
        var wanted = Models.Logits([Array.ConvertAll(Colour(Models.Side), pixel => pixel / 255f)])[0];
        // The column's type says 8×8, as ML.NET wants it to say something; its images may have any size.
        using var engine = context.Model.CreatePredictionEngine<Models.PictureRow, Models.Answer>(transformer);
        Assert.Equal(wanted, engine.Predict(new() { Image = Models.Picture(Colour(side), side: side) }).Score);
        using var files = context.Model.CreatePredictionEngine<Models.Encoded, Models.Answer>(transformer);
        Assert.Equal(wanted, files.Predict(new() { Image = Png(Colour(side), side) }).Score);
    }

    [Fact]
    public void Sparse_vectors_are_images_too()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var image = new float[Models.Size];
        (image[3], image[100]) = (1, 0.5f);
        var rows = new[] { new SparseRow { Image = new VBuffer<float>(Models.Size, 2, [1f, 0.5f], [3, 100]) } };
        var schema = SchemaDefinition.Create(typeof(SparseRow));
        schema["Image"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Models.Size);
        var scored = transformer.Transform(context.Data.LoadFromEnumerable(rows, schema));
        Assert.Equal(Models.Logits([image])[0], scored.GetColumn<float[]>("Score").Single());
    }

    [Fact]
    public void A_bad_row_is_an_error_of_its_own_row()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        var rows = Models.Pixels(40).Select(planes => new Models.Encoded { Image = Png(planes, Models.Side) }).ToArray();
        rows[9].Image = [1, 2, 3];
        rows[20].Image = rows[20].Image[..100];
        var scored = transformer.Transform(context.Data.LoadFromEnumerable(rows));
        using var cursor = scored.GetRowCursor([scored.Schema["PredictedLabel"]]);
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(scored.Schema["PredictedLabel"]);
        var expected = Models.Best(Models.Logits(Models.Images(40)));
        for (var i = 0; i < 40; i++)
        {
            Assert.True(cursor.MoveNext());
            ReadOnlyMemory<char> label = default;
            if (i is 9 or 20)
            {
                var error = Assert.Throws<DqException>(() => getter(ref label));
                Assert.Equal(DiagnosticCodes.DataCorrupt, error.Diagnostics[0].Code);
            }
            else
            {
                getter(ref label);
                Assert.Equal(expected[i], label.ToString());
            }
        }

        Assert.False(cursor.MoveNext());
    }

    [Fact]
    public void Rows_without_an_image_are_errors()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        using var pictures = context.Model.CreatePredictionEngine<Models.PictureRow, Models.Answer>(transformer);
        Assert.Equal(DiagnosticCodes.DataUnfit, Assert.Throws<DqException>(() => pictures.Predict(new() { Image = null! })).Diagnostics[0].Code);
        using var vectors = context.Model.CreatePredictionEngine<AnyLength, Models.Answer>(transformer);
        foreach (var bad in new[] { new float[5], [.. Enumerable.Repeat(0f, Models.Size - 1), float.NaN], [.. Enumerable.Repeat(float.PositiveInfinity, Models.Size)] })
            Assert.Equal(DiagnosticCodes.DataUnfit, Assert.Throws<DqException>(() => vectors.Predict(new() { Image = bad })).Diagnostics[0].Code);
        Assert.Equal(4, vectors.Predict(new() { Image = new float[Models.Size] }).Score.Length);
    }

    /// <summary>A source that fails half way gives its rows first.</summary>
    [Fact]
    public void An_input_that_fails_fails_where_the_reader_comes_to_it()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer();
        IEnumerable<Models.Row> Failing()
        {
            foreach (var row in Models.Rows(30))
                yield return row.Number < 27 ? row : throw new IOException("the disk is gone");
        }

        var scored = transformer.Transform(context.Data.LoadFromEnumerable(Failing()));
        using var cursor = scored.GetRowCursor([scored.Schema["PredictedLabel"]]);
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(scored.Schema["PredictedLabel"]);
        for (var i = 0; i < 27; i++)
        {
            Assert.True(cursor.MoveNext());
            ReadOnlyMemory<char> label = default;
            getter(ref label);
        }

        Assert.Equal("the disk is gone", Assert.Throws<IOException>(() => cursor.MoveNext()).Message);
    }

    [Fact]
    public void A_missing_or_unfit_column_is_named()
    {
        var context = Models.Context();
        var view = Models.View(context, 2);
        string Message(string column)
        {
            using var transformer = Models.Transformer(new() { InputColumnName = column });
            var errors = new[]
            {
                Assert.Throws<ArgumentOutOfRangeException>(() => transformer.Transform(view)),
                Assert.Throws<ArgumentOutOfRangeException>(() => transformer.GetRowToRowMapper(view.Schema)),
                Assert.Throws<ArgumentOutOfRangeException>(() => context.Transforms.DefensiveQuantization(Models.Integer, new() { InputColumnName = column }).Fit(view)),
            };
            return Assert.Single(errors.Select(error => error.Message).Distinct());
        }

        Assert.Contains("Could not find input column 'Photo'", Message("Photo"), StringComparison.Ordinal);
        Assert.Contains("Schema mismatch for input column 'Name'", Message("Name"), StringComparison.Ordinal);
        Assert.Contains("a vector of 3×8×8 = 192 float", Message("Pair"), StringComparison.Ordinal);
    }

    private static byte[] Png(byte[] planes, int side)
    {
        using var bitmap = new SKBitmap(side, side, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (var i = 0; i < side * side; i++)
            bitmap.SetPixel(i % side, i / side, new SKColor(planes[i], planes[(side * side) + i], planes[(2 * side * side) + i]));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private sealed class AnyLength
    {
        public float[] Image { get; set; } = [];
    }

    private sealed class SparseRow
    {
        public VBuffer<float> Image { get; set; }
    }
}
