using CsCheck;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

/// <summary>Builds on data that lie in files: what makes them stale, and what does not.</summary>
public class StoredDataTests
{
    /// <summary>A data set of four files, and one that counts for nothing.</summary>
    internal static void Fill(string folder)
    {
        foreach (var name in new[] { "train/0/a.png", "train/0/b.png", "train/0-1/c.png", "test/0/d.png", ".hidden/e.png" })
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "content of " + name);
        }
    }

    /// <summary>As in a clone without the data: what is recorded of the options that are declared can be told from what is not, though nothing of it is known to be current.</summary>
    [Fact]
    public async Task Without_its_data_a_record_is_still_of_the_declared_options_or_of_others()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        Fill(data);
        bench.UseIntegerModel();
        await bench.BuildAsync();
        Directory.Delete(data, recursive: true);
        Assert.All(Recorded(), target => Assert.Equal((false, true), (target.Current, target.IsAsDeclared)));
        bench.ChangeModel("dq", model => model with { Epochs = 77 });
        Assert.Equal(["full"], Recorded().Where(target => target.IsAsDeclared).Select(target => target.Target is EvaluationCell cell ? cell.Model.Name : target.Target.Name).Distinct());

        IReadOnlyList<RecordedTarget> Recorded() => RecordedResults.Create(bench.Workspace, bench.Graph(), bench.Options()).Targets;
    }

    [Fact]
    public async Task Touching_a_file_reruns_nothing()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        Fill(data);
        await bench.BuildAsync();
        File.SetLastWriteTimeUtc(Path.Combine(data, "train/0/a.png"), DateTime.UtcNow.AddDays(-3));
        File.WriteAllText(Path.Combine(data, ".DS_Store"), "left out");
        Bench.AllUpToDate(await bench.BuildAsync());
    }

    [Fact]
    public async Task A_same_size_edit_with_its_time_set_back_is_noticed_and_named_however_often_one_looks()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        Fill(data);
        await bench.BuildAsync();
        var file = Path.Combine(data, "train/0/b.png");
        var (time, text) = (File.GetLastWriteTimeUtc(file), File.ReadAllText(file));
        File.WriteAllText(file, text.Replace('b', 'x'));
        File.SetLastWriteTimeUtc(file, time);
        for (var i = 0; i < 2; i++)
            Assert.Equal(["the data of 'street': train/0/b.png changed"], bench.Status()["train/dq"].Reasons);
        File.Delete(Path.Combine(data, "train/0/a.png"));
        File.WriteAllText(Path.Combine(data, "train/0/z.png"), "new");
        for (var i = 0; i < 2; i++)
            Assert.Equal(["the data of 'street': train/0/b.png changed, train/0/a.png is gone, train/0/z.png is new"], bench.Status()["train/dq"].Reasons);
        await bench.BuildAsync();
        Assert.Equal(2, bench.Executor.Trained.Count());
    }

    [Fact]
    public async Task Data_in_one_file_are_noticed_by_content_and_their_name_and_place_do_not_matter()
    {
        using var bench = new Bench();
        var path = bench.UseStoredData("data.zip");
        File.WriteAllText(path, "PK one");
        await bench.BuildAsync();
        var elsewhere = Path.Combine(bench.Folder, "moved.zip");
        File.Move(path, elsewhere);
        bench.UseStoredData("moved.zip");
        Bench.AllUpToDate(await bench.BuildAsync());
        File.WriteAllText(elsewhere, "PK two");
        Assert.Equal(["the data of 'street': moved.zip changed"], bench.Status()["train/dq"].Reasons);
    }

    [Fact]
    public async Task Weights_to_start_from_are_noticed_by_content_and_fail_their_model_where_they_are_gone()
    {
        using var bench = new Bench();
        var path = Path.Combine(bench.Folder, "weights.safetensors");
        File.WriteAllText(path, "one");
        bench.ChangeModel("dq", m => m with { Weights = new() { Path = path } });
        await bench.BuildAsync();
        var moved = Path.Combine(bench.Folder, "moved.safetensors");
        File.Move(path, moved);
        Assert.Equal((TargetState.Broken, TargetState.UpToDate), (bench.Status()["train/dq"].State, bench.Status()["train/full"].State));
        var error = Assert.Single((await bench.BuildAsync()).Diagnostics, d => d.Severity == Severity.Error);
        Assert.Equal(DiagnosticCodes.Weights, error.Code);
        bench.ChangeModel("dq", m => m with { Weights = new() { Path = moved } });
        Bench.AllUpToDate(await bench.BuildAsync());
        File.WriteAllText(moved, "two");
        Assert.Equal(["the file of weights to start from changed"], bench.Status()["train/dq"].Reasons);
    }

    [Fact]
    public async Task A_model_that_starts_from_anothers_weights_is_made_after_it_and_again_when_they_change()
    {
        using var bench = new Bench();
        bench.ChangeModel("full", m => m with { Weights = new() { From = "dq" } });
        await bench.BuildAsync();
        Assert.Equal(["train/dq", "train/full"], bench.Executor.Jobs.OfType<TrainJob>().Select(job => job.Name));
        var weights = Path.Combine(bench.Folder, "copy.safetensors");
        File.Copy(bench.Output("dq"), weights);

        // The same weights under another name, and in a file, make the same.
        bench.Change(p => p with { Train = Bench.Named(p.Train["full"] with { Weights = new() { From = "base" } }, p.Train["dq"] with { Name = "base", Group = "base" }), Evaluate = Bench.Named(Bench.Evaluation("robustness", "full", "base")) });
        Assert.Equal(0, (await bench.BuildAsync()).Count(Outcome.Built));
        bench.ChangeModel("full", m => m with { Weights = new() { Path = weights } });
        Bench.AllUpToDate(await bench.BuildAsync());

        bench.ChangeModel("full", m => m with { Weights = new() { From = "base" } });
        bench.ChangeModel("base", m => m with { Epochs = 3 });
        Assert.Equal(["it needs train/base, which is to be built"], bench.Status()["train/full"].Reasons);
        await bench.BuildOfAsync("train/base");
        Assert.Equal(["the model 'base', from which it starts, changed"], bench.Status()["train/full"].Reasons);
        await bench.BuildAsync();
        Assert.Equal(["train/full"], bench.Executor.Trained);

        // A clean clone needs no weights until something is to be trained from them; then they are made again, and must be the same.
        bench.BecomeCleanClone();
        Bench.AllUpToDate(await bench.BuildAsync());
        bench.ChangeModel("full", m => m with { Epochs = 4 });
        await bench.BuildAsync();
        Assert.Equal(["train/base", "train/full"], bench.Executor.Trained);
    }

    [Fact]
    public async Task Absent_optional_data_skip_with_one_warning_and_no_failure()
    {
        using var bench = new Bench();
        bench.UseStoredData(optional: true);
        bench.ChangeEvaluation(e => e with { Gates = [new() { Model = "dq", AtLeast = 0.9 }] });
        var result = await bench.BuildAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(12, result.Count(Outcome.Skipped));
        Assert.Equal(["DQ6006", "DQ4002"], result.Diagnostics.Select(d => d.Code));
        Assert.All(result.Diagnostics, d => Assert.Equal(Severity.Warning, d.Severity));
        Assert.Equal(TargetState.Skipped, bench.Status()["train/dq"].State);
    }

    [Fact]
    public async Task Absent_data_fail_their_targets_with_the_place_and_everything_else_is_built()
    {
        using var bench = new Bench();
        var missing = new Cifar10Declaration { Name = "gone", Path = Path.Combine(bench.Folder, "gone"), Place = new("dq.json", 4, 9) };
        bench.Change(p => p with { Datasets = Bench.Named(p.Datasets["street"], missing) });
        bench.ChangeModel("dq", m => m with { Dataset = "gone" });
        var result = await bench.BuildAsync();
        Assert.Equal(1, result.ExitCode);
        var error = Assert.Single(result.Diagnostics, d => d.Severity == Severity.Error);
        Assert.Equal(("DQ2001", missing.Place), (error.Code, error.Place));
        Assert.Equal(6, result.Count(Outcome.Built));
        Assert.Equal(TargetState.Broken, bench.Status()["train/dq"].State);
    }


    private static readonly string[] s_split = ["train/a/1.png", "train/b/1.JPG", "test/a/1.jpeg", "test/b/1.png"];

    private static readonly string[] s_alone = ["a/1.png", "a/2.png", "b/1.png", "b/2.png"];

    /// <summary>What the loader passes over changes nothing, and what it fails on something. (A name with '/' at its end is a folder's, with '>' a link's to nothing.)</summary>
    [Theory]
    [InlineData(false, "", "Thumbs.db", false)]
    [InlineData(false, "", "train/a/readme.txt", false)]
    [InlineData(false, "", "notes/", false)]
    [InlineData(false, "", "notes/deep/", false)]
    [InlineData(false, "", "train/a/deep/", false)]
    [InlineData(false, "", "__MACOSX/train/a/1.png", false)]
    [InlineData(false, "", ".trash/1.png", false)]
    [InlineData(false, "", "train/a/2.PNG", true)]
    [InlineData(false, "", "train/empty/", true)]
    [InlineData(false, "", "test/empty/deep/", true)]
    [InlineData(false, "", "train/empty/readme.txt", true)]
    [InlineData(false, "", "train/a/gone.png>", true)]
    [InlineData(false, "", "train/a/gone.txt>", false)]
    [InlineData(false, "photos/", "photos/Thumbs.db", false)]
    [InlineData(false, "photos/", "photos/train/empty/", true)]
    [InlineData(false, "photos/", "photos/notes/", false)]
    [InlineData(false, "photos/", "Thumbs.db", true)]
    [InlineData(false, "photos/", "notes/", true)]
    [InlineData(true, "", "Thumbs.db", false)]
    [InlineData(true, "", "a/deep/", false)]
    [InlineData(true, "", "empty/", true)]
    [InlineData(true, "", "empty/deep/", true)]
    [InlineData(true, "photos/", "photos/empty/", true)]
    [InlineData(true, "photos/", "photos/Thumbs.db", false)]
    [InlineData(true, "photos/", "Thumbs.db", true)]
    public async Task Of_an_image_folder_counts_what_its_loader_reads(bool hasTestShare, string around, string added, bool counts)
    {
        using var bench = new Bench();
        var data = Path.Combine(bench.Folder, "data");
        bench.Change(p => p with { Datasets = Bench.Named(new ImageFolderDeclaration { Name = "street", Path = data, TestShare = hasTestShare ? 0.5 : 0 }) });
        foreach (var name in hasTestShare ? s_alone : s_split)
            Add(around + name);
        await bench.BuildOfAsync("train/full");
        Add(added);
        // A look that remembers the folder, and one that remembers nothing.
        for (var i = 0; i < 2; i++)
        {
            var status = bench.Status()["train/full"];
            Assert.Equal(counts ? TargetState.Stale : TargetState.UpToDate, status.State);
            if (counts)
                Assert.StartsWith("the data of 'street'", Assert.Single(status.Reasons), StringComparison.Ordinal);
            Directory.Delete(bench.Workspace.StateFolder, recursive: true);
        }

        void Add(string name)
        {
            var path = Path.Combine(data, name.TrimEnd('>'));
            Directory.CreateDirectory(name.EndsWith('/') ? path : Path.GetDirectoryName(path)!);
            if (name.EndsWith('>'))
                File.CreateSymbolicLink(path, Path.Combine(data, "nowhere"));
            else if (!name.EndsWith('/'))
                File.WriteAllText(path, "content of " + name);
        }
    }

    [Fact]
    public async Task An_empty_class_is_named_and_removing_it_is_no_change()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        Fill(data);
        await bench.BuildAsync();
        Directory.CreateDirectory(Path.Combine(data, "train/empty"));
        Assert.Equal(["the data of 'street': train/empty/ is new"], bench.Status()["train/dq"].Reasons);
        Directory.Delete(Path.Combine(data, "train/empty"));
        Assert.Equal(TargetState.UpToDate, bench.Status()["train/dq"].State);
    }

    /// <summary>However often one looks in between, what came and went is no change, and what changed twice is one.</summary>
    [Fact]
    public async Task Changes_that_undo_each_other_are_not_told()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        Fill(data);
        await bench.BuildAsync();
        string At(string name) => Path.Combine(data, name);
        string Look() => Assert.Single(bench.Status()["train/dq"].Reasons);
        File.WriteAllText(At("train/0/extra.png"), "1");
        Assert.Equal("the data of 'street': train/0/extra.png is new", Look());
        File.Delete(At("train/0/extra.png"));
        File.WriteAllText(At("train/0/other.png"), "1");
        Assert.Equal("the data of 'street': train/0/other.png is new", Look());
        File.WriteAllText(At("train/0/other.png"), "2");
        File.Delete(At("train/0/a.png"));
        Assert.Equal("the data of 'street': train/0/other.png is new, train/0/a.png is gone", Look());
        File.WriteAllText(At("train/0/a.png"), "3");
        Assert.Equal("the data of 'street': train/0/other.png is new, train/0/a.png changed", Look());
        for (var i = 0; i < 3; i++)
            File.WriteAllText(At($"train/0/{i}.png"), "4");
        Assert.Equal("the data of 'street': train/0/other.png is new, train/0/a.png changed, train/0/0.png is new and 2 more", Look());
    }
}
