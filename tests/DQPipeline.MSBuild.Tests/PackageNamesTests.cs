using System.Text.Json;
using CsCheck;
using DQPipeline.Testing;

namespace DQPipeline.MSBuild.Tests;

/// <summary>The reader of names against the JSON reader of .NET.</summary>
public class PackageNamesTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "package": {} }""")]
    [InlineData("""{ "package": { "a": { "model": "m", "package": { "no": 1 } }, "b-2": { "formats": ["mlnet", "onnx"] } } }""")]
    [InlineData("""{ "train": { "package": { "no": {} } }, "package": { "yes": {} }, "more": { "no": {} } }""")]
    [InlineData("{ // \"package\": { \"no\": {} }\n \"package\": { /* \"no\": {} */ \"yes\": {}, }, }")]
    [InlineData("""{ "x": "package", "y": ["package", { "package": { "no": {} } }], "package" : { "yes" : {} } }""")]
    [InlineData("""{ "x": "a \" b // c", "package": { "yes": { "model": "}" } } }""")]
    public void The_same_names_as_by_another_reader(string json) => Assert.Equal(Expected(json), PackageNames.In(json));

    [Fact]
    public void Examples_give_the_names_of_their_packages()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "examples"), "dq.json", SearchOption.AllDirectories))
            Assert.Equal(Expected(File.ReadAllText(file)), PackageNames.In(File.ReadAllText(file)));
        Assert.Equal(["digits"], PackageNames.In(File.ReadAllText(Path.Combine(Repository.Root, "examples", "quickstart", "dq.json"))));
    }

    [Fact]
    public void Whatever_the_text_is_it_ends()
    {
        string[] all = ["{", "}", "[", "]", "\"package\"", "\"a\"", "\"", ":", ",", "//", "/*", "*/", "\\", "\n", " ", "1"];
        Gen.Int[0, all.Length - 1].Select(index => all[index]).Array[0, 30].Sample(pieces => Assert.True(PackageNames.In(string.Concat(pieces)).Count <= pieces.Length));
    }

    private static List<string> Expected(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return document.RootElement.TryGetProperty("package", out var section) ? [.. section.EnumerateObject().Select(entry => entry.Name)] : [];
    }
}
