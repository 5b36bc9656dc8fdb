using System.Reflection;
using DQPipeline.Testing;
using PublicApiGenerator;

namespace DQPipeline.ML.Training.Tests;

/// <summary>
/// What the packages show to others is written down beside their projects, so that no change of it goes unseen. To accept one, run these tests with DQ_ACCEPT=api in the
/// environment and commit the files. They are here because this project has all packages among its references.
/// </summary>
public class PublicApiTests
{
    [Theory]
    [InlineData("DQPipeline.Declarations")]
    [InlineData("DQPipeline.Imaging")]
    [InlineData("DQPipeline.Onnx")]
    [InlineData("DQPipeline")]
    [InlineData("DQPipeline.ML")]
    [InlineData("DQPipeline.ML.Training")]
    public void The_public_api_is_the_one_that_is_written_down(string name)
    {
        var options = new ApiGeneratorOptions
        {
            IncludeAssemblyAttributes = false,
            // The extension methods of ML.NET's catalogues stand in its namespace, where people find them.
            DenyNamespacePrefixes = [],
        };
        var api = Assembly.Load(name).GeneratePublicApi(options).ReplaceLineEndings("\n") + "\n";
        var file = Path.Combine(Repository.Root, "pipeline", name, "PublicAPI.txt");
        if (Environment.GetEnvironmentVariable("DQ_ACCEPT") == "api")
            File.WriteAllText(file, api);
        Assert.Equal(File.ReadAllText(file), api);
    }
}
