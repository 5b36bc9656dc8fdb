using System.Diagnostics;
using System.IO.Compression;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Testing;

namespace DQPipeline.Tests.Data;

public class Cifar10ZipTests
{
    [Fact]
    public void The_real_archive_has_fifty_and_ten_thousand_balanced_images()
    {
        var data = Datasets.Load(new ImageFolderDeclaration { Path = RealData.Cifar10Zip() }, seed: 1);
        Assert.Equal("airplane automobile bird cat deer dog frog horse ship truck", string.Join(' ', data.Labels));
        Assert.Equal((3, 32, 32, 50_000, 10_000), (data.Channels, data.Height, data.Width, data.Train.Count, data.Test.Count));
        for (var c = 0; c < 10; c++)
        {
            Assert.Equal(5000, data.Train.Classes.Count(x => x == c));
            Assert.Equal(1000, data.Test.Classes.Count(x => x == c));
        }

        // The channel means of CIFAR-10 that everyone uses: 0.4914, 0.4822, 0.4465. JPEG moves them by less than a level.
        foreach (var (channel, mean) in ((int, double)[])[(0, 0.4914), (1, 0.4822), (2, 0.4465)])
        {
            long sum = 0;
            for (var i = 0; i < data.Train.Count; i++)
            {
                foreach (var value in data.Train.Image(i).Slice(channel * 1024, 1024))
                    sum += value;
            }

            Assert.Equal(mean, sum / (255.0 * 1024 * data.Train.Count), 1 / 255.0);
        }
    }

    [Fact]
    public void Pixels_are_those_of_another_decoder()
    {
        var path = RealData.Cifar10Zip();
        var convert = RealData.Command("convert");
        var data = Datasets.Load(new ImageFolderDeclaration { Path = path, Test = 10 }, seed: 1);
        var folder = Directory.CreateTempSubdirectory("dq-decoder-").FullName;
        try
        {
            using var archive = ZipFile.OpenRead(path);
            var names = archive.Entries.Select(entry => entry.FullName).Where(name => name.StartsWith("train/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
            foreach (var index in (int[])[0, 12_345, 31_999, 49_999])
            {
                var jpeg = Path.Combine(folder, "image.jpg");
                archive.GetEntry(names[index])!.ExtractToFile(jpeg, overwrite: true);
                var start = new ProcessStartInfo(convert, [jpeg, "-depth", "8", "rgb:" + Path.Combine(folder, "image.rgb")]);
                using var process = Process.Start(start)!;
                process.WaitForExit();
                Assert.Equal(0, process.ExitCode);
                var interleaved = File.ReadAllBytes(Path.Combine(folder, "image.rgb"));
                var image = data.Train.Image(index);
                // Inverse cosine transforms and chroma upsampling of two decoders may differ by a few levels in a pixel, never in the picture.
                var differences = new List<int>();
                for (var i = 0; i < 1024; i++)
                {
                    for (var c = 0; c < 3; c++)
                        differences.Add(Math.Abs(interleaved[3 * i + c] - image[c * 1024 + i]));
                }

                Assert.True(differences.Average() < 1 && differences.Max() <= 8, $"{names[index]}: mean {differences.Average()}, largest {differences.Max()}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
