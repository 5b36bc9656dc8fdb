using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

/// <summary>Distances and samples: ordinary targets with several models before them and several files behind.</summary>
public class ModelsTargetTests
{
    private static Bench WithFigures()
    {
        var bench = new Bench();
        bench.UseFigures();
        bench.Change(p => p with { Evaluate = new Dictionary<string, EvaluateDeclaration>() });
        return bench;
    }

    private static IEnumerable<string> Ran(Bench bench) => bench.Executor.Jobs.Select(j => j.Name).Order(StringComparer.Ordinal);

    [Fact]
    public async Task A_build_places_their_files_and_the_next_one_has_nothing_to_do()
    {
        using var bench = WithFigures();
        var result = await bench.BuildAsync();
        Assert.Equal(4, result.Count(Outcome.Built));
        Assert.Empty(result.Metrics);
        foreach (var (name, file) in new[] { ("figure3", "distance.json"), ("figure3", "distance.csv"), ("figure7", "images.npz"), ("figure7", "samples.png"), ("figure7", "predictions.json") })
        {
            var path = Path.Combine(bench.Folder, ".dq", "out", name, file);
            Assert.StartsWith($" {file} ", File.ReadAllText(path), StringComparison.Ordinal);
            Assert.Contains($"\"{file}\"", File.ReadAllText(bench.Workspace.LockPath), StringComparison.Ordinal);
        }

        Bench.AllUpToDate(await bench.BuildAsync());
        Assert.Empty(bench.Executor.Jobs);
    }

    /// <summary>The sheet of samples shows pixels, which are rounded otherwise in L2 than at first.</summary>
    [Fact]
    public void Samples_have_a_version_of_their_own_in_the_euclidean_norm()
    {
        using var bench = WithFigures();
        string Version() => bench.Graph().Targets.OfType<SamplesTarget>().Single().Version(bench.Method);
        Assert.Equal("evaluate/1", Version());
        bench.Change(p => p with { Samples = p.Samples.ToDictionary(s => s.Key, s => s.Value with { Attack = s.Value.Attack with { Norm = "l2" } }) });
        Assert.Equal("evaluate/1+grid/1+scale/1", Version());
    }

    [Theory]
    [InlineData("vgg-s", "evaluate/1")]
    [InlineData("wrn-16-4", "evaluate/1+branches/1")]
    public void A_certificate_has_a_version_of_its_own_where_networks_have_branches(string network, string version)
    {
        using var bench = new Bench();
        var declared = new CertifyDeclaration { Name = "account", Models = ["full", "dq"], Place = new("dq.json", 22, 3) };
        bench.Change(p => p with { Certify = new Dictionary<string, CertifyDeclaration> { ["account"] = declared } });
        bench.ChangeModel("dq", m => m with { Network = network });
        Assert.Equal(version, bench.Graph().Targets.OfType<CertifyTarget>().Single().Version(bench.Method));
    }

    [Fact]
    public async Task A_certificate_is_a_target_like_them()
    {
        using var bench = new Bench();
        var declared = new CertifyDeclaration { Name = "account", Models = ["full", "dq"], Place = new("dq.json", 22, 3) };
        bench.Change(p => p with { Evaluate = new Dictionary<string, EvaluateDeclaration>(), Certify = new Dictionary<string, CertifyDeclaration> { ["account"] = declared } });
        Assert.Equal(3, (await bench.BuildAsync()).Count(Outcome.Built));
        foreach (var file in new[] { CertifyTarget.JsonFile, CertifyTarget.LayersFile, CertifyTarget.RadiiFile })
            Assert.True(File.Exists(bench.Workspace.OutputPath("account", file)));
        bench.Change(p => p with { Certify = new Dictionary<string, CertifyDeclaration> { ["account"] = declared with { Radii = [18] } } });
        Assert.Equal(["radii: [36,72,108] → [18]"], bench.Status()["certify/account"].Reasons);
    }

    [Fact]
    public async Task An_option_reruns_its_target_alone_and_the_status_names_it()
    {
        using var bench = WithFigures();
        await bench.BuildAsync();
        bench.ChangeDistance(d => d with { Epsilon = [1, 2, 3], Attack = d.Attack with { Kind = "bim" } });
        Assert.Equal(["attack.kind: fgsm → bim", "epsilon: [1,2] → [1,2,3]"], bench.Status()["distance/figure3"].Reasons);
        Assert.Equal(TargetState.UpToDate, bench.Status()["samples/figure7"].State);
        await bench.BuildAsync();
        Assert.Equal(["distance/figure3"], Ran(bench));
    }

    [Fact]
    public async Task A_changed_model_reruns_what_reads_it()
    {
        using var bench = WithFigures();
        bench.Change(p => p with { Samples = new Dictionary<string, SamplesDeclaration> { ["figure7"] = p.Samples["figure7"] with { Models = ["full"] } } });
        await bench.BuildAsync();
        bench.ChangeModel("dq", m => m with { Epochs = 3 });
        Assert.Equal(["it needs train/dq, which is to be built"], bench.Status()["distance/figure3"].Reasons);
        await bench.BuildAsync();
        Assert.Equal(["distance/figure3", "train/dq"], Ran(bench));

        bench.Executor.Machine = "another";
        await bench.BuildAsync(o => o with { Force = true }, select: "dq");
        Assert.Equal(["the model 'dq' changed"], bench.Status()["distance/figure3"].Reasons);
    }

    [Fact]
    public async Task Models_that_come_and_go_are_reasons_in_words()
    {
        using var bench = WithFigures();
        await bench.BuildAsync();
        bench.ChangeDistance(d => d with { Models = ["dq"] });
        Assert.Equal(["the model 'full' is read no longer", "models: [\"full\",\"dq\"] → [\"dq\"]"], bench.Status()["distance/figure3"].Reasons);
        await bench.BuildAsync();
        bench.ChangeDistance(d => d with { Models = ["dq", "full"] });
        Assert.Equal(["the model 'full' is new to it", "models: [\"dq\"] → [\"dq\",\"full\"]"], bench.Status()["distance/figure3"].Reasons);
    }

    [Fact]
    public async Task The_files_name_the_models_so_a_renamed_model_is_another_result()
    {
        using var bench = WithFigures();
        await bench.BuildAsync();
        bench.Change(p => p with { Train = Bench.Named(p.Train["full"], p.Train["dq"] with { Name = "robust", Group = "robust" }) });
        bench.Change(p => p with { Samples = new Dictionary<string, SamplesDeclaration>() });
        bench.ChangeDistance(d => d with { Models = ["full", "robust"] });
        await bench.BuildAsync();
        Assert.Equal(["distance/figure3"], Ran(bench));
    }

    [Fact]
    public async Task A_renamed_entry_keeps_its_result()
    {
        using var bench = WithFigures();
        await bench.BuildAsync();
        bench.Change(p => p with { Distance = new Dictionary<string, DistanceDeclaration> { ["again"] = p.Distance["figure3"] with { Name = "again" } } });
        var result = await bench.BuildAsync();
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(1, result.Count(Outcome.FromLock));
        Assert.True(File.Exists(bench.Workspace.OutputPath("again", DistanceTarget.JsonFile)));
    }

    [Fact]
    public async Task Bits_of_a_comparison_that_is_not_made_rerun_nothing()
    {
        using var bench = WithFigures();
        bench.ChangeDistance(d => d with { At = DistanceDeclaration.Convolutions });
        await bench.BuildAsync();
        bench.ChangeDistance(d => d with { Bits = 5 });
        Bench.AllUpToDate(await bench.BuildAsync());
        bench.ChangeDistance(d => d with { At = DistanceDeclaration.FirstBlock });
        Assert.Equal(["at: convolutions → first-block", "bits: 3 → 5"], bench.Status()["distance/figure3"].Reasons);
    }

    [Fact]
    public async Task One_lost_file_is_put_back_from_the_cache_and_all_are_made_again_where_it_has_none()
    {
        using var bench = WithFigures();
        await bench.BuildAsync();
        var path = bench.Workspace.OutputPath("figure7", SamplesTarget.SheetFile);
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        Assert.Equal("output samples.png is missing", bench.Status()["samples/figure7"].Reasons[0]);
        await bench.BuildAsync();
        Assert.Empty(bench.Executor.Jobs);
        Assert.Equal(bytes, File.ReadAllBytes(path));

        File.Delete(path);
        Directory.Delete(bench.Workspace.CacheFolder, recursive: true);
        await bench.BuildAsync();
        Assert.Equal(["samples/figure7"], Ran(bench));
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task A_clean_clone_needs_no_bytes_and_cleaning_takes_them_away()
    {
        using var bench = WithFigures();
        await bench.BuildAsync();
        Assert.True(Cleaning.Run(bench.Workspace, CleanScope.Outputs) > 0);
        Assert.False(File.Exists(bench.Workspace.OutputPath("figure3", DistanceTarget.CsvFile)));
        bench.BecomeCleanClone();
        Bench.AllUpToDate(await bench.BuildAsync(o => o with { Locked = true }));
    }

    [Fact]
    public async Task A_worker_that_leaves_a_file_out_has_failed()
    {
        using var bench = WithFigures();
        bench.Executor.Forgotten = "samples.png";
        var result = await bench.BuildAsync();
        Assert.Equal(1, result.ExitCode);
        var error = Assert.Single(result.Diagnostics);
        Assert.Equal(("DQ6003", true), (error.Code, error.Message.Contains("without writing samples.png", StringComparison.Ordinal)));
        Assert.Equal(Outcome.Failed, result.Targets.Single(t => t.Target.Id == "samples/figure7").Outcome);
        Assert.Equal(Outcome.Built, result.Targets.Single(t => t.Target.Id == "distance/figure3").Outcome);
    }

    [Theory]
    [InlineData("figure3", "distance/figure3")]
    [InlineData("distance/figure3", "distance/figure3")]
    [InlineData("samples/figure7", "samples/figure7")]
    public void A_name_means_the_target_and_its_models_come_before_it(string name, string id)
    {
        using var bench = WithFigures();
        var graph = bench.Graph();
        Assert.Equal(["train/full", "train/dq", id], graph.Closure(graph.Select([name])).Select(t => t.Id));
    }

    [Fact]
    public void Dangling_models_no_models_and_models_of_other_data_are_errors()
    {
        using var bench = WithFigures();
        string Code(params string[] models)
        {
            bench.ChangeDistance(d => d with { Models = models });
            var diagnostic = Assert.Throws<DqException>(bench.Graph).Diagnostics[0];
            Assert.Equal(new SourcePlace("dq.json", 20, 3), diagnostic.Place);
            return diagnostic.Code;
        }

        Assert.Equal("DQ1005", Code("dp"));
        Assert.Equal("DQ1004", Code());
        bench.Change(p => p with
        {
            Datasets = Bench.Named(p.Datasets["street"], new StreetDigitsDeclaration { Name = "other", Seed = 1 }),
            Train = Bench.Named(p.Train["full"], p.Train["dq"] with { Dataset = "other" }),
        });
        Assert.Equal("DQ1004", Code("full", "dq"));
    }

    [Fact]
    public async Task Jobs_hold_what_was_declared_and_survive_their_journey_as_lines()
    {
        using var bench = WithFigures();
        await bench.BuildAsync();
        var distance = Assert.Single(bench.Executor.Jobs.OfType<DistanceJob>());
        Assert.Equal(["full", "dq"], Declaration.FromJson<DistanceDeclaration>(distance.Distance).Models);
        Assert.Equal(WorkerJson.Write(distance), WorkerJson.Write(WorkerJson.ReadJob(WorkerJson.Write(distance))));
        var samples = Assert.Single(bench.Executor.Jobs.OfType<SamplesJob>());
        Assert.Equal(9, Declaration.FromJson<SamplesDeclaration>(samples.Samples).Count);
        Assert.Equal(WorkerJson.Write(samples), WorkerJson.Write(WorkerJson.ReadJob(WorkerJson.Write(samples))));
    }
}
