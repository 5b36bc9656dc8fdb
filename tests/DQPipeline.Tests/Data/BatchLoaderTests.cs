using CsCheck;
using DQPipeline.Data;
using TorchSharp;

namespace DQPipeline.Tests.Data;

public class BatchLoaderTests
{
    private static ImageDataset Random(int images, int channels, int height, int width, int seed = 1)
    {
        var pixels = new byte[images * channels * height * width];
        new Random(seed).NextBytes(pixels);
        var split = new ImageSplit(pixels, [.. Enumerable.Range(0, images).Select(i => i % 3)]);
        return new ImageDataset(["a", "b", "c"], channels, height, width, MayFlip: true, split, split);
    }

    [Fact]
    public void A_crop_is_what_cutting_from_the_padded_image_pixel_by_pixel_gives() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[0, 12], Gen.Bool, Gen.Int[0, 9999]).Sample((channels, height, width, crop, flip, seed) =>
        {
            var data = Random(1, channels, height, width, seed);
            var move = new Augmentation(crop, flip).Draw(seed, epoch: 2, image: 0);
            Assert.InRange(move.Right, -crop, crop);
            Assert.InRange(move.Down, -crop, crop);
            Assert.True(flip || !move.Mirror);

            var actual = new byte[data.ImageBytes];
            Array.Fill(actual, (byte)77);
            Augmentation.Apply(data.Train.Image(0), actual, width, height, move);

            var (paddedHeight, paddedWidth) = (height + 2 * crop, width + 2 * crop);
            var padded = new byte[channels, paddedHeight, paddedWidth];
            for (var c = 0; c < channels; c++)
                for (var y = 0; y < height; y++)
                    for (var x = 0; x < width; x++)
                        padded[c, y + crop, x + crop] = data.Train.Pixels[(c * height + y) * width + x];
            for (var c = 0; c < channels; c++)
                for (var y = 0; y < height; y++)
                    for (var x = 0; x < width; x++)
                    {
                        var column = move.Mirror ? width - 1 - x : x;
                        Assert.Equal(padded[c, y + crop - move.Down, column + crop - move.Right], actual[(c * height + y) * width + x]);
                    }
        });

    [Fact]
    public void Every_shift_and_mirror_is_equally_likely_and_drawn_anew_each_epoch()
    {
        var draws = Enumerable.Range(0, 20).SelectMany(epoch => Enumerable.Range(0, 1800).Select(image => new Augmentation(1, true).Draw(4, epoch, image))).ToArray();
        var counts = draws.GroupBy(draw => draw).Select(g => g.Count()).ToArray();
        Assert.Equal(18, counts.Length);
        // Chi-squared with 17 degrees of freedom: 40.8 is exceeded once in a thousand seeds.
        Assert.True(counts.Sum(count => (count - 2000.0) * (count - 2000.0) / 2000) < 40.8, string.Join(' ', counts));
    }

    [Fact]
    public void Images_for_another_device_are_there_when_they_are_asked_for()
    {
        using var batch = new BatchLoader(Random(4, 3, 5, 6), batch: 4, crop: 0, flip: false, seed: 1).Batches(1, 0, 0, CancellationToken.None).First();
        // A device without numbers, which is everywhere; what it is given took the way of an accelerator.
        using var images = batch.Images(new torch.Device(TorchSharp.DeviceType.META));
        Assert.False(images.IsInvalid);
        Assert.Equal([4L, 3, 5, 6], images.shape);
        Assert.Equal(torch.ScalarType.Float32, images.dtype);
    }

    [Fact]
    public void Each_epoch_visits_each_image_once_with_its_class_and_a_last_partial_batch()
    {
        var data = Random(23, 1, 4, 4);
        var loader = new BatchLoader(data, batch: 5, crop: 1, flip: true, seed: 7);
        Assert.Equal(5, loader.StepsPerEpoch);
        var batches = loader.Batches(epochs: 3).ToList();
        Assert.Equal(15, batches.Count);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var own = batches.Where(batch => batch.Epoch == epoch).ToList();
            Assert.Equal([5, 5, 5, 5, 3], own.Select(batch => batch.Count));
            Assert.Equal([0, 1, 2, 3, 4], own.Select(batch => batch.Step));
            Assert.Equal(Enumerable.Range(0, 23), own.SelectMany(batch => batch.Indices).Order());
            Assert.All(own, batch => Assert.Equal(batch.Indices.Select(i => i % 3), batch.Classes));
        }

        batches.ForEach(batch => batch.Dispose());
    }

    [Fact]
    public void Starting_at_any_step_gives_the_batches_of_the_undisturbed_run()
    {
        var data = Random(11, 3, 6, 5);
        var loader = new BatchLoader(data, batch: 4, crop: 2, flip: true, seed: 8);
        var whole = Copies(loader.Batches(epochs: 3));
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3]).Sample((epoch, step) =>
            Assert.Equal(whole.Skip(epoch * 3 + step), Copies(loader.Batches(epochs: 3, epoch, step))));
    }

    [Fact]
    public void A_held_batch_keeps_its_pixels_while_others_come_and_go()
    {
        var data = Random(64, 1, 8, 8);
        var loader = new BatchLoader(data, batch: 4, crop: 3, flip: true, seed: 2);
        var expected = Copies(loader.Batches(epochs: 2));
        var held = new List<Batch>();
        var at = 0;
        foreach (var batch in loader.Batches(epochs: 2))
        {
            // Every third is kept; the buffers of the others go back to the pool at once.
            if (at++ % 3 == 0)
                held.Add(batch);
            else
                batch.Dispose();
        }

        Assert.Equal(expected.Where((_, i) => i % 3 == 0), held.Select(Text));
        held.ForEach(batch => batch.Dispose());
    }

    [Fact]
    public void A_disposed_batch_shows_no_pixels_and_can_be_disposed_again()
    {
        var data = Random(4, 1, 2, 2);
        var batch = new BatchLoader(data, 1, 0, false, 0).Batches(1).First();
        batch.Dispose();
        batch.Dispose();
        Assert.Throws<ObjectDisposedException>(() => batch.Pixels.Length);
    }

    [Fact]
    public void Cancelling_ends_the_loop()
    {
        using var cancel = new CancellationTokenSource();
        var seen = 0;
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (var batch in new BatchLoader(Random(100, 1, 2, 2), 1, 0, false, 0).Batches(1_000_000, cancellation: cancel.Token))
            {
                batch.Dispose();
                if (++seen == 10)
                    cancel.Cancel();
            }
        });
        Assert.Equal(10, seen);
    }

    [Fact]
    public void Numbers_in_0_to_1_are_the_bytes_over_255_correctly_rounded() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        var numbers = new float[bytes.Length];
        PixelConversion.ToUnit(bytes, numbers);
        // Rounding the double quotient to float is correct rounding here: 255 has 8 bits, so no quotient comes near a tie.
        Assert.Equal(bytes.Select(b => (float)(b / 255.0)), numbers);
    });

    [Fact]
    public void Tensors_hold_the_batch_in_its_shape_and_outlive_it()
    {
        var data = Random(6, 3, 5, 4);
        var batch = new BatchLoader(data, 2, 0, false, 0).Batches(1).First();
        using var images = batch.Images();
        using var labels = batch.Labels();
        batch.Dispose();
        Assert.Equal([2L, 3, 5, 4], images.shape);
        Assert.Equal([2L], labels.shape);
        Assert.Equal(batch.Classes.Select(c => (long)c), labels.data<long>().ToArray());
        Assert.Equal(batch.Indices.SelectMany(i => data.Train.Image(i).ToArray()).Select(b => b / 255f), images.data<float>().ToArray());
    }

    private static List<string> Copies(IEnumerable<Batch> batches)
    {
        var copies = new List<string>();
        foreach (var batch in batches)
        {
            using (batch)
                copies.Add(Text(batch));
        }

        return copies;
    }

    private static string Text(Batch batch) => $"{batch.Epoch}/{batch.Step} {string.Join(',', batch.Indices)} {Convert.ToHexString(batch.Pixels)}";
}
