using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using DQPipeline.Testing;

namespace DQPipeline.Declarations.Tests;

public class SchemaTests
{
    [Fact]
    public void Every_key_of_the_schema_is_described()
    {
        var undescribed = new List<string>();
        Walk(PipelineSchema.Create(), "", undescribed);
        Assert.Empty(undescribed);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(".train.dq.epochs=-1", false)]
    [InlineData(".train.dq.activation={\"bits\":9}", false)]
    [InlineData(".train.dq.activation={\"bits\":32}", true)]
    [InlineData(".train.dq.activation={\"kind\":\"tanh\"}", true)]
    [InlineData(".train.dq.network=\"resnet-18\"", true)]
    [InlineData(".train.dq.network=\"resnet-50\"", false)]
    [InlineData(".train.dq.network=\"conv 8, maxpool, linear\"", true)]
    [InlineData(".train.dq.network={\"layers\":[\"conv 8 5x5 /2\",\"block 8\",\"linear\"]}", true)]
    [InlineData(".train.dq.network={\"layers\":[\"dense 8\"]}", false)]
    [InlineData(".train.dq.network={\"layer\":[]}", false)]
    [InlineData(".train.dq.activation={\"kind\":\"relu2.5\"}", true)]
    [InlineData(".train.dq.activation={\"kind\":\"relu\"}", false)]
    [InlineData(".train.dq.residual=\"sum\"", true)]
    [InlineData(".train.dq.residual=\"mean\"", false)]
    [InlineData(".train.dq.x=1", false)]
    [InlineData(".executors={\"slurm\":{\"partition\":\"gpu,long\",\"time\":\"1-12:00:00\",\"memory\":\"16G\",\"gpus\":1,\"options\":[\"--account=a\"]}}", true)]
    [InlineData(".executors={\"slurm\":{\"time\":\"90\",\"partition\":\"\"}}", true)]
    [InlineData(".executors={\"slurm\":{\"time\":\"2h\"}}", false)]
    [InlineData(".executors={\"slurm\":{\"nodes\":2}}", false)]
    [InlineData(".datasets.street.kind=\"mnist\"", false)]
    [InlineData(".datasets.digits={\"kind\":\"svhn\",\"path\":\"p\",\"extra\":true}", true)]
    [InlineData(".datasets.digits={\"kind\":\"svhn\",\"path\":\"p\",\"extra\":1}", false)]
    [InlineData(".datasets.hundred={\"kind\":\"cifar-100\",\"path\":\"p\",\"labels\":\"coarse\"}", true)]
    [InlineData(".datasets.hundred={\"kind\":\"cifar-100\",\"path\":\"p\",\"labels\":\"middle\"}", false)]
    [InlineData(".train.dq.squeeze={\"bits\":5,\"median\":2}", true)]
    [InlineData(".train.dq.squeeze={\"bits\":9}", false)]
    [InlineData(".train.dq.adversarial={\"kind\":\"pgd\",\"share\":0.5}", true)]
    [InlineData(".train.dq.adversarial={\"kind\":\"bim\"}", false)]
    [InlineData(".evaluate.robustness.detector={\"median\":10}", false)]
    [InlineData(".evaluate.robustness.epsilon=2", true)]
    [InlineData(".evaluate.robustness.epsilon=[]", false)]
    [InlineData(".evaluate.robustness.models=[]", false)]
    [InlineData(".package={\"p\":{\"model\":\"dq\",\"formats\":[]}}", false)]
    [InlineData(".report={\"r\":{\"of\":[]}}", true)]
    [InlineData(".evaluate.robustness.attacks=[\"fgsm\",{\"kind\":\"pgd\",\"steps\":50}]", true)]
    [InlineData(".evaluate.robustness.attacks=[\"cw\"]", false)]
    [InlineData(".evaluate.robustness.attacks=[{\"kind\":\"pgd\",\"from\":\"dq\"}]", true)]
    [InlineData(".evaluate.robustness.gates=[{\"model\":\"dq\",\"atLeast\":0.5}]", true)]
    [InlineData(".evaluate.robustness.gates=[{\"model\":\"dq\",\"notWorseThan\":\"dq2\"}]", true)]
    [InlineData(".evaluate.robustness.gates=[{\"model\":\"dq\",\"certain\":true}]", false)]
    [InlineData(".evaluate.robustness.gates=[{\"model\":\"dq\",\"atLeast\":null}]", false)]
    [InlineData(".evaluate.robustness.gates=[{\"model\":\"dq\",\"atLeast\":2}]", false)]
    [InlineData(".quantize={\"q\":{\"model\":\"dq\",\"calibration\":{\"samples\":10}}}", true)]
    [InlineData(".quantize={\"q\":{\"model\":\"dq\",\"calibration\":{\"samples\":0}}}", false)]
    [InlineData(".quantize={\"q\":{\"model\":\"dq\",\"input\":\"uint16\"}}", false)]
    [InlineData(".distance={\"d\":{\"models\":\"dq\",\"attack\":\"pgd\"}}", true)]
    [InlineData(".distance={\"d\":{\"models\":\"dq\",\"attack\":{\"kind\":\"pgd\",\"steps\":3}}}", true)]
    [InlineData(".distance={\"d\":{\"models\":\"dq\",\"at\":\"last\"}}", false)]
    [InlineData(".distance={\"d\":{\"models\":\"dq\",\"epsilon\":[]}}", false)]
    [InlineData(".samples={\"s\":{\"models\":[]}}", false)]
    [InlineData(".certify={\"c\":{\"models\":\"dq\",\"radii\":[18,36],\"attack\":\"pgd\"}}", true)]
    [InlineData(".certify={\"c\":{\"models\":\"dq\",\"radius\":36}}", false)]
    [InlineData(".samples={\"s\":{\"models\":\"dq\",\"count\":9}}", true)]
    [InlineData(".samples={\"s\":{\"models\":\"dq\",\"count\":0}}", false)]
    public void Another_validator_judges_documents_by_the_schema_as_the_reader_does(string change, bool valid)
    {
        var document = JsonNode.Parse("""
            { "datasets": { "street": { "kind": "street-digits" } }, "train": { "dq": { "dataset": "street" }, "dq2": { "dataset": "street" } },
              "evaluate": { "robustness": { "models": ["dq", "dq2"], "epsilon": [2, 8] } } }
            """)!;
        if (change.Length > 0)
        {
            var equals = change.IndexOf('=', StringComparison.Ordinal);
            var path = change[1..equals].Split('.');
            var node = document;
            foreach (var part in path[..^1])
                node = node[part]!;
            node[path[^1]] = JsonNode.Parse(change[(equals + 1)..]);
        }

        Assert.Equal(valid, Reads(document.ToJsonString()));
        Assert.Equal(valid, IsValid(document.ToJsonString()));
    }

    public static TheoryData<string> Examples =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "examples"), "dq.json", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Repository.Root, path)).Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or ".dq")).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Another_validator_finds_every_example_valid(string example)
    {
        var comments = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        Assert.True(IsValid(JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, example)), documentOptions: comments)!.ToJsonString()));
    }

    /// <summary>By Python's jsonschema.</summary>
    private static bool IsValid(string document)
    {
        const string python = "/usr/bin/python3";
        _ = RealData.Require(File.Exists(python) && Run(python, "-c", "import jsonschema").Code == 0 ? python : null, "Debian's python3-jsonschema");
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "schema.json"), PipelineSchema.Create().ToJsonString());
            File.WriteAllText(Path.Combine(folder.FullName, "dq.json"), document);
            const string script = "import json,sys,jsonschema; f=sys.argv[1]; jsonschema.Draft202012Validator.check_schema(json.load(open(f+'/schema.json'))); sys.exit(0 if jsonschema.Draft202012Validator(json.load(open(f+'/schema.json'))).is_valid(json.load(open(f+'/dq.json'))) else 3)";
            var (code, error) = Run(python, "-c", script, folder.FullName);
            Assert.True(code is 0 or 3, error);
            return code == 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static bool Reads(string json)
    {
        try
        {
            _ = PipelineFileTests.Parse(json);
            return true;
        }
        catch (DqException)
        {
            return false;
        }
    }

    private static (int Code, string Error) Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }

    private static void Walk(JsonNode? node, string path, List<string> undescribed)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
                Walk(item, path, undescribed);
        }
        else if (node is JsonObject schema)
        {
            foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
            {
                if (property!["description"] is null)
                    undescribed.Add($"{path}.{name}");
                Walk(property, $"{path}.{name}", undescribed);
            }

            foreach (var keyword in (string[])["additionalProperties", "items", "anyOf", "oneOf"])
                Walk(schema[keyword], path, undescribed);
        }
    }
}
