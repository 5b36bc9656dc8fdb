using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

/// <summary>Data and weights that are changed while a build runs.</summary>
public class ChangingDataTests
{
    /// <summary>Two classes change their places before the second model is trained, and back when all is done: what was trained on them is no result of the data that were meant.</summary>
    [Fact]
    public async Task Data_that_change_while_a_build_runs_make_no_result()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        StoredDataTests.Fill(data);
        bench.Change(p => p with { Evaluate = Bench.Named(Bench.Evaluation("robustness", "full", "dq") with { Attacks = [], Epsilon = [] }) });
        var checkpoint = "";
        bench.Executor.Before = (job, _) =>
        {
            if (job is TrainJob { Name: "train/dq" } train)
            {
                Swap(data);
                checkpoint = train.CheckpointFolder;
                File.WriteAllText(Path.Combine(checkpoint, "of other data"), "");
            }

            return Task.CompletedTask;
        };
        var result = await bench.BuildAsync();
        Assert.Equal(["train/full", "train/dq"], result.Targets.Where(target => target.Target is TrainTarget).Select(target => target.Target.Id));
        Assert.Equal(1, result.ExitCode);
        var error = Assert.Single(result.Diagnostics, d => d.Severity == Severity.Error);
        Assert.Equal((DiagnosticCodes.DataCorrupt, new SourcePlace("dq.json", 3, 5)), (error.Code, error.Place));
        Assert.Contains("the data of 'street' changed while the build ran", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(checkpoint));
        // Nobody reads them again for nothing.
        Assert.Equal(["train/dq", "train/full"], bench.Executor.Jobs.Select(job => job.Name).Where(name => name.StartsWith("train", StringComparison.Ordinal)).Order());

        Swap(data);
        Assert.Equal(TargetState.NeverBuilt, bench.Status()["train/dq"].State);
        bench.Executor.Before = (_, _) => Task.CompletedTask;
        Assert.Equal(0, (await bench.BuildAsync()).ExitCode);
        using var elsewhere = new Bench();
        StoredDataTests.Fill(elsewhere.UseStoredData());
        elsewhere.Change(p => p with { Evaluate = bench.Pipeline.Evaluate });
        await elsewhere.BuildAsync();
        Assert.Equal(elsewhere.LockBytes(), bench.LockBytes());

        static void Swap(string data)
        {
            Directory.Move(Path.Combine(data, "train/0"), Path.Combine(data, "aside"));
            Directory.Move(Path.Combine(data, "train/0-1"), Path.Combine(data, "train/0"));
            Directory.Move(Path.Combine(data, "aside"), Path.Combine(data, "train/0-1"));
        }
    }

    /// <summary>A share that is away is no other data: what was trained is taken once it is back, and where it stays away, the checkpoint is there for when it is not.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Data_that_are_away_for_a_moment_have_not_changed(bool comesBack, bool leavesAFolder)
    {
        using var bench = new Bench();
        var (data, aside) = (bench.UseStoredData(), Path.Combine(bench.Folder, "aside"));
        StoredDataTests.Fill(data);
        bench.Time = new TestClock
        {
            OnPause = () =>
            {
                if (comesBack && Directory.Exists(aside))
                    Directory.Move(aside, data);
            },
        };
        var checkpoint = "";
        bench.Executor.Before = (job, _) =>
        {
            File.WriteAllText(Path.Combine(checkpoint = ((TrainJob)job).CheckpointFolder, "checkpoint"), "");

            return Task.CompletedTask;
        };
        bench.Executor.AfterReading = () =>
        {
            Directory.Move(data, aside);
            // As where a disk was mounted.
            if (leavesAFolder)
                Directory.CreateDirectory(data);
        };
        var result = await bench.BuildOfAsync("train/dq");
        // What a cluster made stays with it for the next build.
        Assert.Equal(comesBack, !bench.Executor.Released.IsEmpty);
        if (comesBack)
        {
            Assert.Equal((0, 1), (result.ExitCode, result.Count(Outcome.Built)));
            return;
        }

        var error = Assert.Single(result.Diagnostics);
        Assert.Equal((1, DiagnosticCodes.DataMissing), (result.ExitCode, error.Code));
        Assert.Contains("it goes on from its checkpoint", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(checkpoint, "checkpoint")));
        if (leavesAFolder)
            Directory.Delete(data);
        Directory.Move(aside, data);
        bench.Executor.AfterReading = () => { };
        Assert.Equal(0, (await bench.BuildOfAsync("train/dq")).ExitCode);
    }

    /// <summary>A training that ended on a cluster, and somebody who does not wait for a share to come back: the next build takes it in.</summary>
    [Fact]
    public async Task What_is_made_stays_where_it_is_when_somebody_breaks_off_before_it_is_taken_in()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData();
        StoredDataTests.Fill(data);
        using var cancel = new CancellationTokenSource();
        bench.Time = new TestClock { OnPause = cancel.Cancel };
        bench.Executor.AfterReading = () => Directory.Move(data, Path.Combine(bench.Folder, "aside"));
        Assert.Equal(130, (await bench.BuildAsync(cancellation: cancel.Token, select: "train/dq")).ExitCode);
        Assert.Empty(bench.Executor.Released);
    }

    /// <summary>The same of measurements, which come one by one, and of data in one file.</summary>
    [Fact]
    public async Task Data_that_change_while_a_model_is_measured_make_no_measurement()
    {
        using var bench = new Bench();
        var data = bench.UseStoredData("data.zip");
        File.WriteAllText(data, "one");
        await bench.BuildOfAsync("train/full");
        bench.Executor.Before = (_, _) =>
        {
            File.WriteAllText(data, "two");
            return Task.CompletedTask;
        };
        var result = await bench.BuildOfAsync("robustness/full");
        Assert.Equal((1, 5), (result.ExitCode, result.Count(Outcome.Failed)));
        Assert.Equal(DiagnosticCodes.DataCorrupt, Assert.Single(result.Diagnostics).Code);
        File.WriteAllText(data, "one");
        Assert.All(bench.Status().Values.Where(status => status.Target is EvaluationCell), status => Assert.Equal(TargetState.NeverBuilt, status.State));
    }

    /// <summary>
    /// What changes once a worker has read it takes nothing from its result. But who begins anew, as a cluster's job does that others pushed aside, reads anew: then only the model and the first cell stand, which were made of
    /// what was there at first.
    /// </summary>
    [Theory]
    [InlineData(false, 0, 6, 0)]
    [InlineData(true, 1, 2, 4)]
    public async Task Data_that_change_once_they_are_read_leave_the_result_as_it_is_unless_they_are_read_anew(bool isBegunAnew, int exitCode, int built, int failed)
    {
        using var bench = new Bench();
        var data = bench.UseStoredData("data.zip");
        File.WriteAllText(data, "one");
        var looked = 0;
        bench.Executor.BeforeCell = _ =>
        {
            // Before the second cell: the first was taken, and so its data were found to be those that are meant.
            if (looked++ == 1)
                File.WriteAllText(data, "two");
        };
        bench.Executor.RestartsAt = _ => isBegunAnew && looked == 2;
        var result = await bench.BuildOfAsync("robustness/full");
        Assert.Equal((exitCode, built, failed), (result.ExitCode, result.Count(Outcome.Built), result.Count(Outcome.Failed)));
        if (isBegunAnew)
            Assert.Equal(DiagnosticCodes.DataCorrupt, Assert.Single(result.Diagnostics).Code);
        else
            Assert.Equal(["the data of 'street': data.zip changed"], bench.Status()["train/full"].Reasons);
    }

    [Fact]
    public async Task Weights_that_change_while_a_build_runs_make_no_result()
    {
        using var bench = new Bench();
        var path = Path.Combine(bench.Folder, "weights.safetensors");
        File.WriteAllText(path, "one");
        bench.ChangeModel("dq", m => m with { Weights = new() { Path = path } });
        bench.Executor.Before = (job, _) =>
        {
            if (job.Name == "train/dq")
                File.WriteAllText(path, "two");
            return Task.CompletedTask;
        };
        var result = await bench.BuildOfAsync("train/dq");
        var error = Assert.Single(result.Diagnostics);
        Assert.Equal((1, DiagnosticCodes.Weights, new SourcePlace("dq.json", 5, 3)), (result.ExitCode, error.Code, error.Place));
        File.WriteAllText(path, "one");
        Assert.Equal(TargetState.NeverBuilt, bench.Status()["train/dq"].State);
    }
}
