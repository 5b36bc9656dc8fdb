using System.Text.Json.Nodes;

namespace DQPipeline.Journeys;

/// <summary>From a dq.json to measured models, and then every way in which little or nothing has to be done again.</summary>
public class BuildJourneys
{
    [Fact]
    public async Task A_build_measures_everything_and_the_next_one_starts_no_worker()
    {
        using var folder = new Folder();
        var first = (await DqTool.RunAsync(folder.Path, "build", "--json")).Expect(0);
        var built = JsonNode.Parse(first.Output)!;
        Assert.Equal(6, built["targets"]!.AsArray().Count);
        Assert.All(built["targets"]!.AsArray(), target => Assert.Equal("built", (string?)target!["outcome"]));
        Assert.True(File.Exists(folder.At(".dq", "out", "dq", "model.safetensors")));
        var workers = folder.Workers();
        Assert.Equal(4, workers);

        var second = (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        Assert.Contains("6 targets up to date", second.Error, StringComparison.Ordinal);
        Assert.Equal(workers, folder.Workers());
    }

    [Fact]
    public async Task Metrics_follow_their_contract()
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "--quiet")).Expect(0);
        var metrics = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "metrics", "--json")).Expect(0).Output)!.AsArray();
        Assert.Equal(4, metrics.Count);
        foreach (var metric in metrics)
        {
            Assert.Equal("robustness", (string?)metric!["target"]);
            Assert.Equal(100, (int)metric["samples"]!);
            Assert.Equal((int)metric["correct"]! / 100.0, (double)metric["accuracy"]!, 12);
            Assert.False((bool)metric["blackBox"]!);
            // The Wilson interval, from its definition.
            var (p, n, z) = ((double)metric["accuracy"]!, 100.0, 1.959963984540054);
            var centre = (p + (z * z / (2 * n))) / (1 + (z * z / n));
            var half = z * Math.Sqrt((p * (1 - p) / n) + (z * z / (4 * n * n))) / (1 + (z * z / n));
            Assert.Equal(centre - half, (double)metric["low"]!, 9);
            Assert.Equal(centre + half, (double)metric["high"]!, 9);
        }

        Assert.Equal(["clean", "fgsm", "clean", "fgsm"], metrics.Select(metric => (string?)metric!["attack"]));
        Assert.Equal([0, 2, 0, 2], metrics.Select(metric => (double)metric!["epsilon"]!));
    }

    [Fact]
    public async Task Editing_beta_runs_exactly_what_depends_on_it_and_status_names_the_option()
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "--quiet")).Expect(0);
        folder.Edit("0.001", "0.002");
        var status = (await DqTool.RunAsync(folder.Path, "status")).Expect(0).Output;
        Assert.Contains("lipschitz.beta", status, StringComparison.Ordinal);
        var built = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "build", "--json", "--quiet")).Expect(0).Output)!["targets"]!.AsArray();
        Assert.Equal(
            ["train/full upToDate", "train/dq built", "evaluate/robustness/full/clean upToDate", "evaluate/robustness/full/fgsm@2 upToDate", "evaluate/robustness/dq/clean built", "evaluate/robustness/dq/fgsm@2 built"],
            built.Select(target => $"{target!["target"]} {target["outcome"]}"));

        // Back to the first declaration: everything is still in the cache.
        folder.Edit("0.002", "0.001");
        var workers = folder.Workers();
        (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        Assert.Equal(workers, folder.Workers());
    }

    [Fact]
    public async Task Removing_an_option_that_was_not_at_its_default_runs_again_and_writing_a_default_out_does_not()
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "--quiet")).Expect(0);
        folder.Edit("\"epochs\": 1", "\"epochs\": 1, \"batch\": 128");
        Assert.DoesNotContain("stale", (await DqTool.RunAsync(folder.Path, "status")).Expect(0).Output, StringComparison.Ordinal);
        folder.Edit(", \"lipschitz\": { \"beta\": 0.001 }", "");
        Assert.Contains("lipschitz.beta", (await DqTool.RunAsync(folder.Path, "status")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_raised_threshold_fails_an_up_to_date_build_at_its_line_without_an_attack()
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "--quiet")).Expect(0);
        var workers = folder.Workers();
        folder.Edit("\"atLeast\": 0.0", "\"atLeast\": 1.0");
        var ran = (await DqTool.RunAsync(folder.Path, "build")).Expect(3);
        Assert.Contains("dq.json(11,9): error DQ4001", ran.Error, StringComparison.Ordinal);
        Assert.Equal(workers, folder.Workers());
    }

    [Fact]
    public async Task Touching_files_runs_nothing_and_a_deleted_output_comes_back_from_the_cache()
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "--quiet")).Expect(0);
        var model = folder.At(".dq", "out", "dq", "model.safetensors");
        var bytes = File.ReadAllBytes(model);
        File.SetLastWriteTimeUtc(folder.At("dq.json"), DateTime.UtcNow.AddHours(1));
        File.SetLastWriteTimeUtc(model, DateTime.UtcNow.AddHours(1));
        var workers = folder.Workers();
        Assert.Contains("up to date", (await DqTool.RunAsync(folder.Path, "build")).Expect(0).Error, StringComparison.Ordinal);
        File.Delete(model);
        Assert.Contains("missing", (await DqTool.RunAsync(folder.Path, "status")).Expect(0).Output, StringComparison.Ordinal);
        (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        Assert.Equal(bytes, File.ReadAllBytes(model));
        Assert.Equal(workers, folder.Workers());
    }

    [Fact]
    public async Task A_clean_clone_has_metrics_and_gates_without_weights()
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "--quiet")).Expect(0);
        using var clone = new Folder(null);
        File.Copy(folder.At("dq.json"), clone.At("dq.json"));
        File.Copy(folder.At("dq.lock"), clone.At("dq.lock"));
        (await DqTool.RunAsync(clone.Path, "build", "--locked")).Expect(0);
        Assert.Equal(0, clone.Workers());
        Assert.Equal(4, JsonNode.Parse((await DqTool.RunAsync(clone.Path, "metrics", "--json")).Expect(0).Output)!.AsArray().Count);
        clone.Edit("\"atLeast\": 0.0", "\"atLeast\": 1.0");
        (await DqTool.RunAsync(clone.Path, "build", "--locked")).Expect(3);
        Assert.Equal(0, clone.Workers());
    }

    [Fact]
    public async Task On_a_clean_clone_a_model_that_is_asked_for_is_made_by_its_name_and_a_report_makes_none()
    {
        using var folder = new Folder(Folder.Small.Replace("\"evaluate\": {", "\"report\": { \"page\": {} }, \"evaluate\": {", StringComparison.Ordinal));
        (await DqTool.RunAsync(folder.Path, "build", "--quiet")).Expect(0);
        using var clone = new Folder(null);
        File.Copy(folder.At("dq.json"), clone.At("dq.json"));
        File.Copy(folder.At("dq.lock"), clone.At("dq.lock"));
        foreach (var build in (string[][])[["build"], ["build", "page"], ["build", "report/page"], ["build", "robustness"], ["build", "page", "robustness"]])
            (await DqTool.RunAsync(clone.Path, build)).Expect(0);
        Assert.Equal(0, clone.Workers());
        Assert.Contains("neither a file of that path nor .dq/out/full/model.safetensors; `dq build full` makes the latter", (await DqTool.RunAsync(clone.Path, "predict", "full", "x.png")).Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("nor a target of this folder that makes model.onnx or model.zip or model.safetensors; did you mean \"full\"?", (await DqTool.RunAsync(clone.Path, "predict", "fulll", "x.png")).Expect(1).Error, StringComparison.Ordinal);

        (await DqTool.RunAsync(clone.Path, "build", "full", "--locked")).Expect(0);
        Assert.Equal(1, clone.Workers());
        Assert.Equal(File.ReadAllBytes(folder.At(".dq", "out", "full", "model.safetensors")), File.ReadAllBytes(clone.At(".dq", "out", "full", "model.safetensors")));
        (await DqTool.RunAsync(clone.Path, "clean", "--all")).Expect(0);
        (await DqTool.RunAsync(clone.Path, "build", "full")).Expect(0);
        Assert.True(File.Exists(clone.At(".dq", "out", "full", "model.safetensors")));
    }

    [Fact]
    public async Task The_same_declarations_give_the_same_bits_whatever_the_jobs()
    {
        using var one = new Folder();
        using var two = new Folder();
        (await DqTool.RunAsync(one.Path, "build", "--quiet", "--jobs", "1")).Expect(0);
        (await DqTool.RunAsync(two.Path, "build", "--quiet", "--jobs", "2")).Expect(0);
        Assert.Equal(File.ReadAllText(one.At("dq.lock")), File.ReadAllText(two.At("dq.lock")));
    }

    [Fact]
    public async Task Data_that_may_be_absent_are_skipped_with_a_message()
    {
        using var folder = new Folder();
        File.Copy(Path.Combine(DqTool.Repository, "examples", "cifar10", "dq.json"), folder.At("dq.json"), overwrite: true);
        var ran = (await DqTool.RunAsync(folder.Path, start => start.Environment["DQ_CIFAR10"] = "/nowhere", "build")).Expect(0);
        Assert.Contains("warning DQ6006", ran.Error, StringComparison.Ordinal);
    }
}
