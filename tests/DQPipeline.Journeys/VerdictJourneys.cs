using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace DQPipeline.Journeys;

/// <summary>What a build tells other programs.</summary>
public class VerdictJourneys
{
    private static List<string> Results(string path) =>
        [.. JsonNode.Parse(File.ReadAllText(path))!["runs"]![0]!["results"]!.AsArray().Select(result => $"{result!["ruleId"]} {result["kind"]} {result["locations"]![0]!["physicalLocation"]!["region"]?["startLine"]}")];

    private static List<string> Cases(string path) =>
        [.. XElement.Load(path).Descendants("testcase").Select(test => $"{test.Attribute("name")!.Value}{string.Concat(test.Elements().Where(e => e.Name != "system-out").Select(e => $" {e.Name} {e.Attribute("type")?.Value}"))}")];

    [Fact]
    public async Task Both_files_follow_the_gates_and_a_build_with_nothing_to_do_leaves_them_alone()
    {
        using var folder = new Folder();
        string[] build = ["build", "--quiet", "--sarif", "out/dq.sarif", "--junit", "out/dq.xml"];
        (await DqTool.RunAsync(folder.Path, build)).Expect(0);
        var (sarif, junit) = (folder.At("out", "dq.sarif"), folder.At("out", "dq.xml"));
        Assert.Equal(["DQ4001 pass 11"], Results(sarif));
        Assert.Equal(
            ["train/full", "train/dq", "evaluate/robustness/full/clean", "evaluate/robustness/full/fgsm@2", "evaluate/robustness/dq/clean", "evaluate/robustness/dq/fgsm@2", "dq/fgsm@2"], Cases(junit));

        var time = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(sarif, time);
        File.SetLastWriteTimeUtc(junit, time);
        (await DqTool.RunAsync(folder.Path, build)).Expect(0);
        Assert.Equal((time, time), (File.GetLastWriteTimeUtc(sarif), File.GetLastWriteTimeUtc(junit)));

        File.Delete(junit);
        folder.Edit("\"atLeast\": 0.0", "\"atLeast\": 1.0");
        (await DqTool.RunAsync(folder.Path, build)).Expect(3);
        Assert.Equal(["DQ4001 fail 11"], Results(sarif));
        Assert.Equal("dq/fgsm@2 failure DQ4001", Cases(junit)[^1]);
    }

    [Fact]
    public async Task A_dq_json_with_errors_tells_them_too()
    {
        using var folder = new Folder("""
            {
              "datasets": { "street": { "kind": "street-digits", "train": 3 } },
              "trian": {},
            }
            """);
        var told = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "build", "--json", "--sarif", "dq.sarif", "--junit", "dq.xml")).Expect(2).Output)!;
        Assert.Equal(2, (int)told["exitCode"]!);
        Assert.Equal(["DQ1004", "DQ1002"], told["diagnostics"]!.AsArray().Select(diagnostic => (string?)diagnostic!["code"]));
        Assert.Equal(["DQ1004 fail 2", "DQ1002 fail 3"], Results(folder.At("dq.sarif")));
        Assert.Equal(["build error DQ1004 error DQ1002"], Cases(folder.At("dq.xml")));
        Assert.Equal(2, (int)JsonNode.Parse(File.ReadAllText(folder.At("dq.sarif")))!["runs"]![0]!["invocations"]![0]!["exitCode"]!);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_a_coded_error_beside_the_others()
    {
        using var folder = new Folder("{ \"trian\": {} }");
        Directory.CreateDirectory(folder.At("dq.sarif"));
        var ran = (await DqTool.RunAsync(folder.Path, "build", "--json", "--sarif", "dq.sarif")).Expect(1);
        Assert.Equal(1, (int)JsonNode.Parse(ran.Output)!["exitCode"]!);
        Assert.Contains("error DQ1002", ran.Error, StringComparison.Ordinal);
        Assert.Contains("error DQ6004", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_has_its_cards_until_its_model_fails_a_gate()
    {
        using var folder = new Folder("""
            { "threads": 1,
              "datasets": { "street": { "kind": "street-digits", "train": 200, "test": 100 } },
              "train": { "dq": { "dataset": "street", "epochs": 1, "activation": { "bits": 4 } } },
              "quantize": { "dq-int8": { "model": "dq", "maxLoss": 100 } },
              "evaluate": { "robustness": { "models": ["dq-int8"], "samples": 100, "gates": [{ "model": "dq-int8", "atLeast": 0.0 }] } },
              "package": { "digits": { "model": "dq-int8", "formats": ["onnx"] } },
            }
            """);
        (await DqTool.RunAsync(folder.Path, "build", "--quiet")).Expect(0);
        var metric = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "metrics", "--json")).Expect(0).Output)![0]!;
        var told = JsonNode.Parse(File.ReadAllText(folder.At(".dq", "out", "digits", "card.cdx.json")))!["metadata"]!["component"]!["modelCard"]!;
        Assert.Equal((double)metric["accuracy"]!, double.Parse((string)told["quantitativeAnalysis"]!["performanceMetrics"]![0]!["value"]!, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("scores of 10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9", (string?)told["modelParameters"]!["outputs"]![0]!["format"]);
        Assert.Contains("passed", File.ReadAllText(folder.At(".dq", "out", "digits", "card.md")), StringComparison.Ordinal);
        folder.Edit("\"atLeast\": 0.0", "\"atLeast\": 1.0");
        (await DqTool.RunAsync(folder.Path, "build", "--quiet")).Expect(3);
        Assert.Empty(Directory.GetFiles(folder.At(".dq", "out", "digits")));
    }
}
