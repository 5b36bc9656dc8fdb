using DQPipeline.Testing;

namespace DQPipeline.Packages.Tests;

/// <summary>The example that stands outside the repository, with fewer images.</summary>
[Collection("machine")]
public class ExampleJourneys(Machine machine)
{
    [Fact(Explicit = true)]
    public async Task The_app_trains_its_model_and_labels_an_image_with_it()
    {
        var project = machine.New("example");
        foreach (var file in (string[])["msbuild-app.csproj", "Program.cs", "dq.json"])
            File.Copy(Path.Combine(Repository.Root, "examples", "msbuild-app", file), project.At(file));
        // An image, of another size than the model's, that any decoder reads.
        File.Copy(Path.Combine(Repository.Root, "examples", "quickstart", "street-digits.png"), project.At("photo.png"));
        const string fewer = "-p:DqSet=datasets.street.train=400%3Bdatasets.street.test=100%3Btrain.dq.epochs=1%3Bevaluate.robustness.samples=50%3Bquantize.dq-int8.maxLoss=100%3Bevaluate.robustness.gates=[]";
        (await project.DotnetAsync("build", fewer)).Expect(0);
        var ran = (await project.DotnetAsync("run", "--no-build", "--", "photo.png")).Expect(0);
        Assert.Matches(@"^photo\.png: [0-9] \(\d+\.\d %\)", ran.Output);
        (await project.DotnetAsync("run", "--no-build")).Expect(2).Says("the model knows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
    }
}
