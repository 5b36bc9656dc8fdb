using System.Security.Cryptography;
using DQPipeline.Data;
using DQPipeline.Data.Street;
using DQPipeline.Declarations;

namespace DQPipeline.Tests.Data;

public class StreetDigitsTests
{
    private static ImageDataset Draw(int train, int test, int seed = 2019) =>
        Datasets.Load(new StreetDigitsDeclaration { Train = train, Test = test, Seed = seed });

    [Fact]
    public void A_validation_split_is_training_images_that_are_not_trained_on_and_the_test_images_are_not_seen()
    {
        var whole = Datasets.Load(new StreetDigitsDeclaration { Train = 60, Test = 20, Seed = 4 });
        var held = Datasets.Load(new StreetDigitsDeclaration { Train = 60, Test = 20, Seed = 4, Validation = 20 });
        Assert.Equal((40, 20), (held.Train.Count, held.Test.Count));
        // Class-balanced, and together they are the training split.
        Assert.Equal(Enumerable.Repeat(2, 10), held.Test.Classes.CountBy(c => c).Select(count => count.Value));
        Assert.Equal(Images(whole.Train).Order(), Images(held.Train).Concat(Images(held.Test)).Order());
        Assert.Empty(Images(held.Test).Intersect(Images(whole.Test)));
        Assert.Equal(Images(held.Test), Images(Datasets.Load(new StreetDigitsDeclaration { Train = 60, Test = 20, Seed = 4, Validation = 20 }).Test));
        Assert.Contains("leaves none to train on", Assert.Throws<DqException>(() => Datasets.Load(new StreetDigitsDeclaration { Train = 60, Validation = 60 })).Message, StringComparison.Ordinal);

        static List<string> Images(ImageSplit split) => [.. Enumerable.Range(0, split.Count).Select(i => $"{split.Classes[i]} {Convert.ToHexString(split.Image(i))}")];
    }

    [Fact]
    public void Classes_are_balanced_and_pictures_have_their_shape()
    {
        var data = Draw(103, 20);
        Assert.Equal((3, 32, 32, false), (data.Channels, data.Height, data.Width, data.MayFlip));
        Assert.Equal("0123456789", string.Concat(data.Labels));
        Assert.Equal((103, 20), (data.Train.Count, data.Test.Count));
        Assert.Equal(103 * 3 * 32 * 32, data.Train.Pixels.Length);
        Assert.All(Enumerable.Range(0, 10), c => Assert.Equal(c < 3 ? 11 : 10, data.Train.Classes.Count(x => x == c)));
    }

    [Fact]
    public void More_images_leave_the_first_as_they_were_and_no_image_comes_twice()
    {
        var (few, many) = (Draw(50, 10), Draw(600, 400));
        Assert.Equal(few.Train.Pixels, many.Train.Pixels[..few.Train.Pixels.Length]);
        Assert.Equal(few.Test.Pixels, many.Test.Pixels[..few.Test.Pixels.Length]);
        var distinct = Enumerable.Range(0, 600).Select(i => Convert.ToHexString(many.Train.Image(i)))
            .Concat(Enumerable.Range(0, 400).Select(i => Convert.ToHexString(many.Test.Image(i)))).Distinct().Count();
        Assert.Equal(1000, distinct);
    }

    [Fact]
    public void Another_seed_draws_other_pictures() => Assert.NotEqual(Draw(10, 10).Train.Pixels, Draw(10, 10, seed: 2).Train.Pixels);

    [Fact]
    public void One_thread_draws_what_many_draw()
    {
        var data = Draw(64, 10);
        var scene = new Scene();
        var alone = new byte[3 * 32 * 32];
        // Backwards, so that nothing of an earlier picture is left in the buffers in the same order.
        for (var i = 63; i >= 0; i--)
        {
            scene.Draw(i % 10, new SeededRandom(2019, RandomPurpose.DrawTrain, epoch: 0, index: i), alone);
            Assert.True(data.Train.Image(i).SequenceEqual(alone));
        }
    }

    /// <summary>Results that others publish rest on these bytes: whoever changes the drawing changes this line knowingly.</summary>
    [Fact]
    public void The_bytes_are_those_of_every_other_machine() =>
        Assert.Equal("c64773d043090e407b1a624deb38eb27e2306d4b8594be9e147ea64de3606bb3", Convert.ToHexStringLower(SHA256.HashData(Draw(200, 10).Train.Pixels)));

    [Fact]
    public void Sine_and_cosine_are_right_to_the_last_digits_of_a_float()
    {
        for (var degrees = -720.0; degrees <= 720; degrees += 0.37)
        {
            var (sin, cos) = Angle.Of(degrees);
            Assert.Equal(Math.Sin(degrees * Math.PI / 180), sin, 6e-8);
            Assert.Equal(Math.Cos(degrees * Math.PI / 180), cos, 6e-8);
        }
    }

    [Fact]
    public void A_round_pen_covers_the_pixels_within_its_radius_of_the_line()
    {
        // A bar from (0,−0.5) to (0,0.5) em, 20 pixels an em, nib radius 0.1 em = 2 pixels, not turned: |x − 20| ≤ 2 from row 10 to row 30.
        var (ink, rim) = (new float[Canvas.Area], new float[Canvas.Area]);
        var lettering = new Lettering(Weight: 0.1f, Contrast: 1, Width: 1, Slant: 0, Angular: false, Serif: false, Shapes: 0);
        new Pen().Draw(ink, rim, new Outline(angular: false).Move(0, -0.5f).Line(0, 0.5f), lettering, new Pose(20, 20, 20, 0), shift: 0, border: 1);
        for (var y = 0; y < Canvas.Side; y++)
        {
            for (var x = 0; x < Canvas.Side; x++)
            {
                double above = Math.Max(0, Math.Max(10 - y, y - 30)), beside = x - 20;
                var distance = Math.Sqrt(above * above + beside * beside);
                Assert.Equal(Math.Clamp(2 - distance + 0.5, 0, 1), ink[y * Canvas.Side + x], 1e-4);
                Assert.Equal(Math.Clamp(3 - distance + 0.5, 0, 1), rim[y * Canvas.Side + x], 1e-4);
            }
        }
    }

    [Fact]
    public void Compression_keeps_a_flat_picture_and_rounds_a_coefficient_to_its_table()
    {
        // Grey 128/255 and the first horizontal cosine with amplitude 0.1. In the orthonormal transform of 8×8, a cosine of amplitude A has the
        // coefficient A·√8·2 (√8 from the rows, 2 = √(8/2) from the columns), and a constant B has 8·B.
        var canvas = new Canvas();
        foreach (var plane in canvas.Planes)
        {
            for (var i = 0; i < Canvas.Area; i++)
                plane[i] = 128f / 255 + 0.1f * (float)Math.Cos((2 * ((i % Canvas.Side - Canvas.Margin) & 7) + 1) * Math.PI / 16);
        }

        new BlockCodec().Compress(canvas, scale: 1);
        // In the units of bytes the cosine has 25.5·√8·2 = 144.25, which is rounded to 13·11 = 143 (annex K has 11 there), and the constant 8·128 = 64·16 exactly.
        var amplitude = 143 / (Math.Sqrt(8) * 2) / 255;
        for (var x = 0; x < 8; x++)
            Assert.Equal(128.0 / 255 + amplitude * Math.Cos((2 * x + 1) * Math.PI / 16), canvas.Planes[1][Canvas.Margin * Canvas.Side + Canvas.Margin + x], 1e-5);
    }
}
