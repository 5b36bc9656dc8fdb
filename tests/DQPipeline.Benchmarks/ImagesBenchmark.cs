using System.Diagnostics;
using System.Globalization;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Training;
using SkiaSharp;
using TorchSharp;

namespace DQPipeline.Benchmarks;

/// <summary>
/// Training from a folder of photographs, in a process of its own that reports its peak memory: the first decodes them into the cache, and the next ones read them from there, in turn with
/// processes that hold the same bytes in memory, now the one first and now the other. Speeds are of the second epoch on.
/// </summary>
internal static class ImagesBenchmark
{
    private const int Classes = 10;
    private const int Threads = 2;
    private const int Epochs = 8;

    /// <returns>0 where the peak is at most 1.5 GB and the speed at least 0.95 of that from memory, else 1.</returns>
    public static int Run(double gigabytes, int size, int rounds)
    {
        var work = Directory.CreateTempSubdirectory("dq-images-").FullName;
        try
        {
            var clock = Stopwatch.StartNew();
            var (files, bytes) = Generate(Path.Combine(work, "photos"), gigabytes);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{files} photographs of 1 to 12 megapixels, {bytes / 1e9:F2} GB, made in {clock.Elapsed.TotalSeconds:F0} s; resized to {size}×{size}; vgg-s, full precision, {Epochs} epochs, {Threads} threads."));
            Console.WriteLine($"{DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {TrainingBenchmark.Machine()}");
            Console.WriteLine();
            Console.WriteLine("| process | peak memory, MB | loading, s | images/s from the second epoch on |");
            Console.WriteLine("| --- | ---: | ---: | ---: |");
            var peak = Train("first, decodes", work, size, "store").Peak;
            var ratios = new List<double>();
            for (var round = 0; round < rounds; round++)
            {
                string[] ways = round % 2 == 0 ? ["store", "memory"] : ["memory", "store"];
                var trained = ways.ToDictionary(way => way, way => Train(way == "store" ? "from the cache" : "from memory", work, size, way));
                var (store, memory) = (trained["store"], trained["memory"]);
                peak = Math.Max(peak, store.Peak);
                ratios.Add(store.Speed / memory.Speed);
            }

            var ratio = TrainingBenchmark.Median(ratios);
            Console.WriteLine();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Highest peak {peak:F0} MB; speed against memory {ratio:F3} (median of {rounds} rounds, {ratios.Min():F3} – {ratios.Max():F3})."));
            return peak <= 1500 && ratio >= 0.95 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>The measured process: trains, and prints its peak memory, the seconds of loading and its speed.</summary>
    public static int Work(string folder, int size, string way)
    {
        // As workers have their memory.
        _ = NativeHeap.KeepFreed();
        NativeBackend.Load();
        var clock = Stopwatch.StartNew();
        var declaration = new ImageFolderDeclaration { Name = "photos", Path = Path.Combine(folder, "photos"), Size = size };
        var data = Datasets.Load(declaration, new ImageCache(Path.Combine(folder, "cache"), "content"), CancellationToken.None);
        if (way == "memory")
            data = data with { Train = new ImageSplit(data.Train.Pixels, data.Train.Classes), Test = new ImageSplit(data.Test.Pixels, data.Test.Classes) };
        var loading = clock.Elapsed.TotalSeconds;
        var train = new TrainDeclaration { Name = "benchmark", Epochs = Epochs, Batch = 64, Seed = TrainingBenchmark.Seed, Activation = new ActivationDeclaration { Bits = ActivationDeclaration.FullPrecision }, Augment = new AugmentDeclaration { Crop = 4, Flip = true } };
        var later = new LaterEpochs();
        torch.set_num_threads(Threads);
        Trainer.Train(new TrainingRequest(train, data) { Threads = Threads }, later).Dispose();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{MeasuredProcess.Peak()} {loading} {train.Batch * later.StepsPerSecond()}"));
        return 0;
    }

    private static (double Peak, double Speed) Train(string name, string folder, int size, string way)
    {
        var numbers = MeasuredProcess.Run(["images-work", folder, size.ToString(CultureInfo.InvariantCulture), way], Threads);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {numbers[0]:F0} | {numbers[1]:F1} | {numbers[2]:F0} |"));
        return (numbers[0], numbers[2]);
    }

    /// <summary>Photographs as files see them: slow gradients with noise over them, so that a pixel takes about as many bits as a camera's. The same numbers give the same files.</summary>
    private static (int Files, long Bytes) Generate(string folder, double gigabytes)
    {
        const int together = 40;
        var (files, bytes) = (0, 0L);
        while (bytes < gigabytes * 1e9)
        {
            _ = Parallel.For(files, files + together, i => Interlocked.Add(ref bytes, Photograph(folder, i)));
            files += together;
        }

        return (files, bytes);
    }

    private static long Photograph(string folder, int number)
    {
        var random = new Random(number);
        var (width, height) = (random.Next(1200, 4001), random.Next(900, 3001));
        // Noise costs time to draw, so a stretch of it is drawn and laid out again and again from another place.
        var noise = new byte[1 << 20];
        random.NextBytes(noise);
        var rgba = new byte[4 * width * height];
        var (slope, tilt, colour) = (random.Next(1, 5), random.Next(1, 5), random.Next(256));
        for (var y = 0; y < height; y++)
        {
            var from = random.Next(noise.Length - width);
            for (var x = 0; x < width; x++)
            {
                var at = 4 * (y * width + x);
                var light = (((x * slope) + (y * tilt)) >> 6) + (noise[from + x] >> 3);
                (rgba[at], rgba[at + 1], rgba[at + 2], rgba[at + 3]) = ((byte)light, (byte)(light + colour), (byte)(light >> 1), 255);
            }
        }

        using var image = SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque), rgba);
        using var data = image.Encode(SKEncodedImageFormat.Jpeg, 90);
        var path = Path.Combine(folder, number % 10 == 9 ? "test" : "train", $"class{number / 10 % Classes}", $"{number}.jpg");
        _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        data.SaveTo(file);
        return file.Length;
    }

    /// <summary>Measures from the first report after the first epoch to the last.</summary>
    private sealed class LaterEpochs : IProgress<TrainingProgress>
    {
        private (long Time, long Step)? _first;
        private (long Time, long Step) _last;

        public void Report(TrainingProgress value)
        {
            _last = (Stopwatch.GetTimestamp(), value.Step);
            if (value.Step >= value.Steps / value.Epochs)
                _first ??= _last;
        }

        public double StepsPerSecond() => _first is var (time, step) ? (_last.Step - step) / Stopwatch.GetElapsedTime(time, _last.Time).TotalSeconds : 0;
    }
}
