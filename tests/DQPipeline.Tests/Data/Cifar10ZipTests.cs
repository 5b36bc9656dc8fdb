using System.Globalization;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Testing;

namespace DQPipeline.Tests.Data;

public class Cifar10ZipTests
{
    [Fact]
    public void The_real_archive_has_fifty_and_ten_thousand_balanced_images()
    {
        var data = Datasets.Load(new ImageFolderDeclaration { Path = RealData.Cifar10Zip() });
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
        var python = Python.With("PIL", "python3-pil");
        var data = Datasets.Load(new ImageFolderDeclaration { Path = path, Test = 10 });
        // The order of names is Python's own, so this also checks the order of images.
        const string script = """
            import io, sys, zipfile, PIL.Image
            archive = zipfile.ZipFile(sys.argv[1])
            names = sorted(name for name in archive.namelist() if name.startswith("train/"))
            for index in sys.argv[2:]:
                image = PIL.Image.open(io.BytesIO(archive.read(names[int(index)]))).convert("RGB")
                print(b"".join(plane.tobytes() for plane in image.split()).hex())
            """;
        int[] indices = [0, 12_345, 31_999, 49_999];
        var planes = Python.Run(python, script, [path, .. indices.Select(i => i.ToString(CultureInfo.InvariantCulture))]).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(indices.Length, planes.Length);
        for (var i = 0; i < indices.Length; i++)
        {
            var differences = Convert.FromHexString(planes[i]).Zip(data.Train.Image(indices[i]).ToArray(), (a, b) => Math.Abs(a - b)).ToArray();
            // The inverse cosine transform and the upsampling of chroma may be rounded otherwise by a few levels in a pixel, never in the picture.
            Assert.Equal(3072, differences.Length);
            Assert.True(differences.Average() < 1 && differences.Max() <= 4, $"image {indices[i]}: mean {differences.Average()}, largest {differences.Max()}");
        }
    }
}
