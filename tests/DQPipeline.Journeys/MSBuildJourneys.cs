namespace DQPipeline.Journeys;

/// <summary>What the tool answers the MSBuild package; the package itself is tested in DQPipeline.Packages.Tests.</summary>
public class MSBuildJourneys
{
    [Fact]
    public async Task Packages_that_are_not_there_are_told_by_name_and_format()
    {
        using var folder = new Folder("""
            {
              "datasets": { "street": { "kind": "street-digits", "train": 200, "test": 100 } },
              "train": { "dq": { "dataset": "street", "matrix": { "activation.bits": [2, 4] } } },
              "package": { "digits": { "model": "dq", "formats": ["mlnet-stock", "onnx"] } },
            }
            """);
        File.WriteAllText(folder.At("request.xml"), $"<dq protocol=\"1\" version=\"\" folder=\"{folder.Path}\" />");
        var ran = (await DqTool.RunAsync(folder.Path, "msbuild", "request.xml", "collect")).Expect(0);
        string[] told = [.. ran.Output.Split('\n').Where(line => line.StartsWith("##dq\tmodel\t", StringComparison.Ordinal)).Select(line => line["##dq\tmodel\t".Length..])];
        Assert.Equal(
            ["digits@bits=2\tmlnet-stock\t\t0\t0\t0", "digits@bits=2\tonnx\t\t0\t0\t0", "digits@bits=4\tmlnet-stock\t\t0\t0\t0", "digits@bits=4\tonnx\t\t0\t0\t0"], told);
        Assert.False(Directory.Exists(folder.At(".dq", "out")));
    }
}
