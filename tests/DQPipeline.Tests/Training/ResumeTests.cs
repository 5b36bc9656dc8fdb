using System.Runtime.InteropServices;
using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Training;
using static DQPipeline.Tests.Training.TrainingFixture;

namespace DQPipeline.Tests.Training;

public sealed class ResumeTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dq-checkpoints-");

    private readonly List<Diagnostic> warnings = [];

    private string Newest => Path.Combine(folder.FullName, "checkpoint.safetensors");

    private string Previous => Path.Combine(folder.FullName, "checkpoint.previous.safetensors");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)] // the end of an epoch
    [InlineData(7)]
    [InlineData(14)]
    public void A_cancelled_training_goes_on_to_the_same_weights_bit_for_bit(int steps)
    {
        var undisturbed = Run(Request());
        CancelAt(steps);
        var resumed = Run(Kept());
        Assert.Equal(steps, resumed.ResumedFrom);
        Assert.Equal(undisturbed with { ResumedFrom = steps }, resumed with { Numbers = undisturbed.Numbers });
        Assert.Equal(undisturbed.Numbers, resumed.Numbers);
    }

    [Theory]
    [InlineData("wrn-10-1", "relu6", "float32")]
    [InlineData("wrn-10-1", "relu6", "bfloat16")]
    [InlineData("wrn-10-1", "tanh", "float32")]
    [InlineData("resnet-18", "relu1", "float32")]
    public void Convex_residual_sums_go_on_bit_for_bit(string network, string activation, string precision)
    {
        var request = Request(epochs: 1);
        request = request with
        {
            Declaration = request.Declaration with { Network = network, Precision = precision, Residual = "convex", Activation = new ActivationDeclaration { Kind = activation, Bits = 4 } },
        };
        var undisturbed = Run(request);
        CancelAt(3, request);
        var resumed = Run(Kept(request));
        Assert.Equal(3, resumed.ResumedFrom);
        Assert.Equal(undisturbed.Numbers, resumed.Numbers);
    }

    [Theory]
    [InlineData("vgg-s", "spectral", "weights", "cross-entropy")]
    [InlineData("wrn-10-1", "spectral", "folded", "margin")]
    [InlineData("vgg-s", "orthogonal", "folded", "margin")]
    public void A_constrained_training_goes_on_bit_for_bit(string network, string constraint, string of, string loss)
    {
        var request = Request(epochs: 1);
        request = request with
        {
            Declaration = request.Declaration with { Network = network, Lipschitz = new LipschitzDeclaration { Constraint = constraint, Of = of, Limit = 0.9 }, Loss = new LossDeclaration { Kind = loss, Margin = 0.5 } },
        };
        var undisturbed = Run(request);
        CancelAt(3, request);
        var resumed = Run(Kept(request));
        Assert.Equal(3, resumed.ResumedFrom);
        Assert.Equal(undisturbed.Numbers, resumed.Numbers);
        Assert.Equal((undisturbed.Loss, undisturbed.Accuracy), (resumed.Loss, resumed.Accuracy));
    }

    [Fact]
    public void A_moving_average_goes_on_bit_for_bit_and_is_what_the_trained_model_holds()
    {
        var request = Request(epochs: 1);
        request = request with { Declaration = request.Declaration with { Optimizer = request.Declaration.Optimizer with { Ema = 0.6 } } };
        var undisturbed = Run(request);
        CancelAt(3, request);
        var resumed = Run(Kept(request));
        Assert.Equal(3, resumed.ResumedFrom);
        Assert.Equal(undisturbed.Numbers, resumed.Numbers);
        CancelAt(StepsPerEpoch, request with { Key = "to the end" });
        var last = SafetensorsFile.Read(Newest).Entries;
        Assert.Equal(undisturbed.Numbers, Of("average."));
        Assert.NotEqual(undisturbed.Numbers, Of("network."));

        float[] Of(string prefix) =>
            [.. last.Where(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(entry => entry.Name, StringComparer.Ordinal).SelectMany(entry => MemoryMarshal.Cast<byte, float>(entry.Data.Span).ToArray())];
    }

    [Fact]
    public void A_training_that_dies_without_a_word_goes_on_from_its_last_checkpoint()
    {
        var undisturbed = Run(Request());
        DieAt(11);
        var resumed = Run(Kept());
        Assert.InRange(resumed.ResumedFrom, 1, 10);
        Assert.Equal(undisturbed.Numbers, resumed.Numbers);
        Assert.Equal((undisturbed.Loss, undisturbed.Accuracy), (resumed.Loss, resumed.Accuracy));
        Assert.Empty(warnings);
    }

    [Fact]
    public void A_damaged_checkpoint_is_named_and_the_one_before_it_is_used()
    {
        var undisturbed = Run(Request());
        DieAt(11);
        Damage(Newest);
        var resumed = Run(Kept());
        Assert.InRange(resumed.ResumedFrom, 1, 9);
        Assert.Equal(undisturbed.Numbers, resumed.Numbers);
        var warning = Assert.Single(warnings);
        Assert.Equal((DiagnosticCodes.CheckpointUnusable, Severity.Warning), (warning.Code, warning.Severity));
        Assert.Contains(Newest, warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_checkpoint_is_usable_the_training_starts_over()
    {
        var undisturbed = Run(Request());
        DieAt(11);
        Damage(Newest);
        Damage(Previous);
        var resumed = Run(Kept());
        Assert.Equal(0, resumed.ResumedFrom);
        Assert.Equal(undisturbed.Numbers, resumed.Numbers);
        Assert.Equal(2, warnings.Count);
    }

    [Theory]
    [InlineData("other shape")]
    [InlineData("one less")]
    [InlineData("one more")]
    public void Nothing_is_taken_from_a_checkpoint_that_does_not_fit(string what)
    {
        var request = Request(epochs: 1);
        var undisturbed = Run(request);
        CancelAt(3, request);
        var file = SafetensorsFile.Read(Newest);
        // Arrays come back in the order of the file, so that all before the last fit.
        var last = file.Entries[^1];
        SafetensorsEntry[] end = what switch
        {
            "other shape" => [last with { Shape = [.. last.Shape, 1] }],
            "one less" => [],
            _ => [last, last with { Name = $"{last.Name}.more" }],
        };
        (file with { Entries = [.. file.Entries.SkipLast(1), .. end] }).Write(Newest);
        var resumed = Run(Kept(request));
        Assert.Equal(0, resumed.ResumedFrom);
        Assert.Equal(undisturbed.Numbers, resumed.Numbers);
        Assert.Equal(DiagnosticCodes.CheckpointUnusable, Assert.Single(warnings).Code);
    }

    [Fact]
    public void Checkpoints_without_a_key_to_know_them_by_are_refused()
    {
        Assert.Equal("request", Assert.Throws<ArgumentException>(() => Trainer.Train(Kept() with { Key = "" })).ParamName);
        Assert.Empty(folder.GetFileSystemInfos());
    }

    [Fact]
    public void A_checkpoint_of_another_target_is_no_start()
    {
        CancelAt(7);
        var other = Run(Kept() with { Key = "another" });
        Assert.Equal(0, other.ResumedFrom);
        Assert.Empty(warnings);
    }

    [Fact]
    public void A_training_that_was_cancelled_after_its_last_step_is_not_begun_again()
    {
        CancelAt(15);
        Assert.Equal(15, Run(Kept()).ResumedFrom);
    }

    [Fact]
    public async Task Two_processes_never_hold_one_folder_and_the_second_waits()
    {
        var told = new TaskCompletionSource<Diagnostic>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = CheckpointFolder.Open(folder.FullName, null, CancellationToken.None);
        var second = Task.Run(() => CheckpointFolder.Open(folder.FullName, told.SetResult, CancellationToken.None));
        Assert.Equal(DiagnosticCodes.Busy, (await told.Task).Code);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
    }

    [Fact]
    public void Waiting_for_a_folder_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        using var first = CheckpointFolder.Open(folder.FullName, null, CancellationToken.None);
        Assert.Throws<OperationCanceledException>(() => CheckpointFolder.Open(folder.FullName, _ => cancel.Cancel(), cancel.Token));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_a_coded_error()
    {
        var file = Path.Combine(folder.FullName, "file");
        File.WriteAllText(file, "");
        var failure = Assert.Throws<DqException>(() => Trainer.Train(Request() with { CheckpointFolder = Path.Combine(file, "below") }));
        Assert.Equal(DiagnosticCodes.CannotWrite, failure.Diagnostics[0].Code);
    }

    private TrainingRequest Kept(TrainingRequest? request = null) => (request ?? Request()) with { CheckpointFolder = folder.FullName, OnWarning = warnings.Add };

    /// <summary>Ends a training by Ctrl-C after the given number of steps.</summary>
    private void CancelAt(int steps, TrainingRequest? what = null)
    {
        using var cancel = new CancellationTokenSource();
        var request = Kept(what) with { Clock = new SteadyClock(TimeSpan.FromSeconds(1)), CheckpointInterval = TimeSpan.FromDays(1) };
        // Heard before the step: cancelling after report n - 1 ends step n.
        Assert.Throws<OperationCanceledException>(() => Trainer.Train(request, new Listener(report => Cancel(report.Step)), cancel.Token));

        void Cancel(long done)
        {
            if (done == steps - 1)
                cancel.Cancel();
        }
    }

    /// <summary>Ends a training in the middle of things, as a kill does: nothing is written at that moment.</summary>
    private void DieAt(int steps)
    {
        var request = Kept() with { Clock = new SteadyClock(TimeSpan.FromSeconds(1)), CheckpointInterval = TimeSpan.FromSeconds(5) };
        Assert.Throws<InvalidTimeZoneException>(() => Trainer.Train(request, new Listener(report => Die(report.Step))));

        void Die(long done)
        {
            if (done == steps)
                throw new InvalidTimeZoneException();
        }
    }

    private static void Damage(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
