using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Defenses;
using DQPipeline.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>The loop of a training: batches in, progress and checkpoints out.</summary>
internal sealed class TrainingRun(TrainingRequest request, CheckpointFolder? checkpoints, IProgress<TrainingProgress>? progress)
{
    /// <summary>No terminal or build log gains from more.</summary>
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(250);

    private readonly TrainDeclaration declaration = request.Declaration;
    private readonly Device device = request.Device ?? CPU;
    private readonly BatchLoader loader = new(
        request.Data, request.Declaration.Batch, request.Declaration.Augment.Crop, request.Declaration.Augment.Flip, request.Declaration.Seed);
    private readonly AdversarialTraining? adversary = AdversarialTraining.Of(request.Declaration.Adversarial, request.Declaration.Seed);
    private long resumedFrom;
    private long images;
    private long started;

    private long Steps => (long)loader.StepsPerEpoch * declaration.Epochs;

    /// <summary>Runs to the end.</summary>
    public TrainingResult Run(CancellationToken cancellation)
    {
        var data = request.Data;
        var description = new NetworkDescription(declaration.Network, declaration.Activation, data.Channels, data.Height, data.Width, data.Labels)
        {
            Residual = declaration.Residual,
            Squeeze = declaration.Squeeze,
        };
        var state = new TrainingState(description, declaration, device, request.OnWarning);
        try
        {
            if (checkpoints?.TryRestore(state, request.Key, request.OnWarning) == true)
                resumedFrom = state.Step;
            state.Network.train();
            Loop(state, cancellation);
            state.Average?.Take();
            state.Constraint?.Settle();
            // The last step's loss is of the weights before it.
            if (!IsFinite(state.Network))
                throw Diverged(state);
            if (declaration.WeightBits != ActivationDeclaration.FullPrecision)
                WeightGrid.Round(state.Network);
            state.Network.eval();
            state.Network.MapType = ScalarType.Float32;
            var (loss, accuracy, penalty) = state.Totals.Read();
            state.DisposeAllButNetwork();
            // A checkpoint of an older version does not tell of the epochs before it.
            return new TrainingResult(state.Network, loss, accuracy, penalty, Steps, resumedFrom) { Epochs = state.Epochs.Count == declaration.Epochs ? state.Epochs : [] };
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    private void Loop(TrainingState state, CancellationToken cancellation)
    {
        var step = new TrainingStep(state, declaration.Lipschitz, new LearningRate(declaration.Schedule, declaration.Optimizer.LearningRate, Steps), declaration.Loss);
        var clock = request.Clock;
        var (reported, saved) = (clock.GetTimestamp(), clock.GetTimestamp());
        started = reported;
        Report(state);
        // An interrupted epoch is gone on with; one that is complete leaves its totals to be read until the next begins.
        var (epoch, first) = ((int)(state.Step / loader.StepsPerEpoch), (int)(state.Step % loader.StepsPerEpoch));
        // A step in work is finished and saved, so the loader is not to break off.
        foreach (var batch in loader.Batches(declaration.Epochs, epoch, first, CancellationToken.None))
        {
            using (batch)
                Train(state, step, batch);
            if (batch.Step == loader.StepsPerEpoch - 1)
                state.Epochs.Add(Check(state));
            if (cancellation.IsCancellationRequested)
            {
                Check(state);
                checkpoints?.Save(state.ToFile(request.Key));
                cancellation.ThrowIfCancellationRequested();
            }

            if (clock.GetElapsedTime(reported) >= ReportInterval)
            {
                Report(state);
                reported = clock.GetTimestamp();
            }

            if (checkpoints is not null && clock.GetElapsedTime(saved) >= request.CheckpointInterval)
            {
                Check(state);
                checkpoints.Save(state.ToFile(request.Key));
                saved = clock.GetTimestamp();
            }
        }

        Report(state);
    }

    private void Train(TrainingState state, TrainingStep step, Batch batch)
    {
        if (batch.Step == 0)
            state.Totals.Clear();
        using var pixels = batch.Images(device);
        using var labels = batch.Labels(device);
        using var attacked = adversary?.Attack(state.Network, pixels, labels, batch.Epoch, batch.Indices);
        step.Run(attacked ?? pixels, labels);
        images += batch.Count;
        // The processor has finished the step by now, so that looking costs nothing; an accelerator is asked only when it must be.
        if (device.type == DeviceType.CPU)
            Check(state);
    }

    /// <summary>A loss that is no number stays in the epoch's sum, so that it is found whenever one looks.</summary>
    private (double Loss, double Accuracy, double Penalty) Check(TrainingState state)
    {
        var means = state.Totals.Read();
        // Before the first image the mean is 0/0.
        if (state.Step > 0 && !double.IsFinite(means.Loss + means.Penalty))
            throw Diverged(state);
        return means;
    }

    private DqException Diverged(TrainingState state) => new(
        DiagnosticCodes.Diverged,
        $"The training diverged: at step {state.Step} of {Steps} the loss, or what follows from it, is no finite number. "
        + "Lower \"optimizer.learningRate\" or \"lipschitz.beta\", set \"optimizer.clip\" to 1, or give the one-cycle schedule or \"lipschitz\" a longer \"warmup\".");

    private static bool IsFinite(Classifier network)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return network.state_dict().Values.All(numbers => numbers.isfinite().all().item<bool>());
    }

    private void Report(TrainingState state)
    {
        var (loss, accuracy, penalty) = Check(state);
        var elapsed = request.Clock.GetElapsedTime(started);
        var done = state.Step - resumedFrom;
        progress?.Report(new TrainingProgress(
            (int)Math.Min(declaration.Epochs, Math.Max(0, state.Step - 1) / loader.StepsPerEpoch + 1), declaration.Epochs, state.Step, Steps, resumedFrom,
            loss, accuracy, penalty,
            ImagesPerSecond: elapsed > TimeSpan.Zero ? images / elapsed.TotalSeconds : 0,
            TimeLeft: done > 0 ? elapsed / done * (Steps - state.Step) : null));
    }
}
