using System.Text.Json.Nodes;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Verdicts;

namespace DQPipeline.Targets.Tests;

/// <summary>Builds as SARIF. That the files are SARIF at all is for validators of others to say: .ci/verdicts.</summary>
public class SarifTests
{
    // 40 of 100 has the 95 % interval 30.94 to 49.80 %.
    private static Bench WithGates(params (string Model, double AtLeast)[] gates)
    {
        var bench = new Bench();
        bench.Executor.Correct = (_, _) => 40;
        var declared = Path.Combine(bench.Folder, "dq.json");
        bench.UseGates([.. gates.Select((gate, i) => new GateDeclaration { Model = gate.Model, Attack = "pgd", Epsilon = 8, AtLeast = gate.AtLeast, Place = new(declared, 12 + i, 9) })]);
        return bench;
    }

    private static JsonNode Written(Bench bench, BuildResult result, string version = "1.2.3")
    {
        var path = Path.Combine(bench.Folder, "out", "dq.sarif");
        new VerdictFiles(path, null, version).Write(bench.Workspace, result);
        return JsonNode.Parse(File.ReadAllBytes(path))!["runs"]![0]!;
    }

    private static JsonNode NotBegun(Bench bench, params Diagnostic[] diagnostics) => Written(bench, BuildResult.NotBegun(2, diagnostics));

    private static string Fingerprint(JsonNode result) => (string)result["partialFingerprints"]!["dqFinding/v2"]!;

    [Fact]
    public async Task A_failed_gate_is_an_error_at_its_line_and_a_passed_one_a_pass()
    {
        using var bench = WithGates(("full", 0.6), ("dq", 0.3));
        var run = Written(bench, await bench.BuildAsync());
        var results = run["results"]!.AsArray();
        Assert.Equal(["DQ4001 fail error", "DQ4001 pass none"], results.Select(result => $"{result!["ruleId"]} {result["kind"]} {result["level"]}"));
        Assert.Equal(
            "full under pgd at ε = 8 keeps an accuracy of 40.0 % (95 % interval 30.94 % to 49.8 %), and its upper end is below the 60.0 % demanded; make the model more robust, or lower \"atLeast\"",
            (string?)results[0]!["message"]!["text"]);
        Assert.Equal("dq under pgd at ε = 8 keeps an accuracy of 40.0 % (95 % interval 30.94 % to 49.8 %), and at least 30.0 % is demanded", (string?)results[1]!["message"]!["text"]);
        var place = results[0]!["locations"]!.AsArray().Single()!["physicalLocation"]!;
        Assert.Equal("""{"uri":"dq.json","uriBaseId":"%SRCROOT%"}""", place["artifactLocation"]!.ToJsonString());
        Assert.Equal("""{"startLine":12,"startColumn":9}""", place["region"]!.ToJsonString());
        Assert.Equal("""{"executionSuccessful":true,"exitCode":3}""", run["invocations"]![0]!.ToJsonString());
    }

    [Fact]
    public async Task A_gate_without_a_measurement_is_its_error_or_open_where_its_measurement_failed()
    {
        using var bench = WithGates(("dq", 0.3));
        bench.Executor.Before = (job, _) => job.Name == "evaluate/robustness/dq" ? throw new DqException("DQ6003", "died") : Task.CompletedTask;
        var run = Written(bench, await bench.BuildAsync());
        Assert.Equal(["DQ6003 fail error", "DQ4002 open none"], run["results"]!.AsArray().Select(result => $"{result!["ruleId"]} {result["kind"]} {result["level"]}"));
        Assert.Equal("""{"executionSuccessful":false,"exitCode":1}""", run["invocations"]![0]!.ToJsonString());

        using var unmeasured = WithGates(("dq", 0.3));
        unmeasured.UseGates(new GateDeclaration { Model = "dq", Attack = "bim", Epsilon = 8, AtLeast = 0.3, Place = new("dq.json", 12, 9) });
        Assert.Equal(["DQ4002 fail error"], Written(unmeasured, await unmeasured.BuildAsync())["results"]!.AsArray().Select(result => $"{result!["ruleId"]} {result["kind"]} {result["level"]}"));
    }

    [Fact]
    public void Every_code_is_a_rule_in_the_words_of_the_page()
    {
        using var bench = new Bench();
        var driver = NotBegun(bench)["tool"]!["driver"]!;
        Assert.Equal(("dotnet-dq", "1.2.3", "1.2.3"), ((string?)driver["name"], (string?)driver["version"], (string?)driver["semanticVersion"]));
        var rules = driver["rules"]!.AsArray();
        var codes = typeof(DiagnosticCodes).GetFields().Select(code => (string)code.GetValue(null)!);
        Assert.Equal(codes.Order(), rules.Select(rule => (string)rule!["id"]!));
        var rule = rules.Single(rule => (string?)rule!["id"] == "DQ2003")!;
        Assert.Equal("ImageSize", (string?)rule["name"]);
        Assert.Equal("Images of different sizes.", (string?)rule["shortDescription"]!["text"]);
        Assert.Equal("Images of different sizes: \"size\": 32 resizes them.", (string?)rule["fullDescription"]!["text"]);
        Assert.Equal(("\"size\": 32 resizes them.", "`\"size\": 32` resizes them."), ((string?)rule["help"]!["text"], (string?)rule["help"]!["markdown"]));
    }

    [Fact]
    public void Each_result_points_at_its_rule()
    {
        using var bench = new Bench();
        var run = NotBegun(bench, new("DQ1003", "wrong"), new("DQ6999", "unforeseen"));
        foreach (var result in run["results"]!.AsArray())
            Assert.Equal((string?)result!["ruleId"], (string?)run["tool"]!["driver"]!["rules"]![(int)result["ruleIndex"]!]!["id"]);
    }

    [Fact]
    public void What_has_no_file_is_about_the_declarations()
    {
        using var bench = new Bench();
        var results = NotBegun(bench, new("DQ6003", "died"), new("DQ1011", "no assignment", new("--set a", 1, 1)))["results"]!.AsArray();
        Assert.Equal(["dq.json", "dq.json"], results.Select(result => (string?)result!["locations"]![0]!["physicalLocation"]!["artifactLocation"]!["uri"]));
        Assert.Null(results[0]!["locations"]![0]!["physicalLocation"]!["region"]);
    }

    [Fact]
    public void Files_are_named_from_the_repository_and_others_by_their_full_uri()
    {
        using var repository = new Bench();
        File.WriteAllText(Path.Combine(repository.Folder, ".git"), "gitdir: elsewhere");
        using var bench = new Bench(Directory.CreateDirectory(Path.Combine(repository.Folder, "my models")).FullName);
        var elsewhere = Path.Combine(Path.GetTempPath(), "data.zip");
        var run = NotBegun(bench, new("DQ1003", "wrong", new(bench.Workspace.DeclarationPath, 3, 5)), new("DQ2002", "damaged", new(elsewhere)));
        var places = run["results"]!.AsArray().Select(result => result!["locations"]![0]!["physicalLocation"]!["artifactLocation"]!).ToList();
        Assert.Equal(("my%20models/dq.json", "%SRCROOT%"), ((string?)places[0]["uri"], (string?)places[0]["uriBaseId"]));
        Assert.Equal("dq/my%20models/", (string?)run["automationDetails"]!["id"]);
        Assert.Equal((new Uri(elsewhere).AbsoluteUri, null), ((string?)places[1]["uri"], (string?)places[1]["uriBaseId"]));
    }

    /// <summary>The root is a path's beginning or nothing: a longer name, and a path further down that looks alike, are others.</summary>
    [Fact]
    public void Only_paths_below_the_root_are_named_from_it()
    {
        using var repository = new Bench();
        Directory.CreateDirectory(Path.Combine(repository.Folder, ".git"));
        var root = new SourceRoot(repository.Workspace);
        var folder = repository.Folder;
        foreach (var (text, expected) in new[]
        {
            ($"the data are not at {folder}/photos; copy them", "the data are not at photos; copy them"),
            ($"a build works in {folder}; wait", "a build works in .; wait"),
            ($"a build works in {folder}. Wait", "a build works in .. Wait"),
            ($"({folder}/a.jpg)", "(a.jpg)"),
            ($"the data are not at /mnt{folder}/photos", $"the data are not at /mnt{folder}/photos"),
            ($"the data are not at {folder}-data/x or {folder}2", $"the data are not at {folder}-data/x or {folder}2"),
            ($"{folder}.old/x", $"{folder}.old/x"),
        })
            Assert.Equal(expected, root.Without(text));
    }

    [Fact]
    public async Task A_gate_keeps_its_fingerprint_whatever_its_line_its_demand_and_its_verdict()
    {
        using var bench = WithGates(("full", 0.6), ("dq", 0.6));
        var first = Written(bench, await bench.BuildAsync())["results"]!.AsArray();
        Assert.Equal(2, first.Select(result => Fingerprint(result!)).Distinct().Count());
        bench.UseGates(new GateDeclaration { Model = "dq", Attack = "pgd", Epsilon = 8, AtLeast = 0.3, Place = new(bench.Workspace.DeclarationPath, 40, 2) });
        var second = Written(bench, await bench.BuildAsync())["results"]!.AsArray();
        Assert.Equal("pass", (string?)second.Single()!["kind"]);
        Assert.Equal(Fingerprint(first[1]!), Fingerprint(second[0]!));
    }

    [Fact]
    public void A_finding_keeps_its_fingerprint_on_another_line_and_two_of_a_kind_have_two()
    {
        using var bench = new Bench();
        var place = new SourcePlace(bench.Workspace.DeclarationPath, 3, 5);
        var log = Path.Combine(bench.Folder, ".dq", "log");
        var first = NotBegun(bench, new("DQ1004", "72 is too much", place), new("DQ1004", "73 is too much", place), new("DQ6003", $"see {log}"))["results"]!.AsArray().Select(result => Fingerprint(result!)).ToList();
        Assert.Equal(3, first.Distinct().Count());
        using var elsewhere = new Bench();
        var second = NotBegun(elsewhere, new("DQ1004", "90 is too much", new(elsewhere.Workspace.DeclarationPath, 9, 1)), new("DQ6003", $"see {log.Replace(bench.Folder, elsewhere.Folder, StringComparison.Ordinal)}"));
        Assert.Equal([first[0], first[2]], second["results"]!.AsArray().Select(result => Fingerprint(result!)));
    }

    [Fact]
    public void Findings_of_two_models_of_a_matrix_are_two_whatever_is_measured_and_whichever_comes_first()
    {
        using var bench = new Bench();
        var (two, four, stronger) = (
            new Diagnostic("DQ4103", "dq@bits=2 may mask its gradients: at ε = 2 Square breaks 79 images (p = 5.3e-6)"), new Diagnostic("DQ4103", "dq@bits=4 may mask its gradients: at ε = 2 Square breaks 8 images (p = 5.3e-2)"),
            new Diagnostic("DQ4103", "dq@bits=4 may mask its gradients: at ε = 8 Square breaks 8 images (p = 5.3e-2)"));
        var both = NotBegun(bench, two, four, stronger)["results"]!.AsArray().Select(result => Fingerprint(result!)).ToList();
        Assert.Equal(3, both.Distinct().Count());
        var later = NotBegun(bench, four with { Message = four.Message.Replace("8 images (p = 5.3e-2)", "120 images (p = 1.0e-26)", StringComparison.Ordinal) })["results"]!;
        Assert.Equal(both[1], Fingerprint(later[0]!));
    }

    [Fact]
    public void Files_in_a_message_are_named_from_the_root()
    {
        using var bench = new Bench();
        var result = NotBegun(bench, new Diagnostic("DQ2001", $"the data set 'd' is not at {Path.Combine(bench.Folder, "photos")}, in {bench.Folder}"))["results"]![0]!;
        Assert.Equal("the data set 'd' is not at photos, in .", (string?)result["message"]!["text"]);
    }

    [Fact]
    public async Task The_same_result_is_the_same_bytes_and_leaves_the_file_alone()
    {
        using var bench = WithGates(("full", 0.6));
        _ = Written(bench, await bench.BuildAsync());
        var path = Path.Combine(bench.Folder, "out", "dq.sarif");
        var (bytes, time) = (File.ReadAllBytes(path), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetLastWriteTimeUtc(path, time);
        _ = Written(bench, await bench.BuildAsync());
        Assert.Equal(bytes, File.ReadAllBytes(path));
        Assert.Equal(time, File.GetLastWriteTimeUtc(path));
        Assert.DoesNotContain(bench.Folder, System.Text.Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_no_text_does_no_harm()
    {
        using var bench = new Bench();
        var result = NotBegun(bench, new Diagnostic("DQ2002", "a\u0001b\ud800c"))["results"]![0]!;
        Assert.Equal("a\u0001b\ufffdc", (string?)result["message"]!["text"]);
    }
}
