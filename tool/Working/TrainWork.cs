using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Native;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;
using DQPipeline.Training;

namespace DQPipeline.Tool.Working;

/// <summary>Trains one model, going on from a checkpoint where there is one.</summary>
internal static class TrainWork
{
    private const string ModelName = "model.safetensors";

    public static DoneEvent Run(TrainJob job, WorkerChannel channel)
    {
        var train = Started(Declaration.FromJson<TrainDeclaration>(job.Train), job.Start);
        channel.Send(new ProgressEvent { Phase = "loading", Epochs = 0 });
        var dataset = Declaration.FromJson<DatasetDeclaration>(job.Dataset);
        var data = ModelInput.Data(job, channel);
        using var result = Trainer.Train(
            new TrainingRequest(train, data)
            {
                Device = Devices.Resolve(job.Device),
                Threads = job.Threads,
                Key = job.Key,
                CheckpointFolder = job.CheckpointFolder,
                CheckpointInterval = CheckpointInterval(),
                OnWarning = channel.Send,
            },
            new Reporter(channel),
            channel.Stop);
        // Names and paths are no part of the key, so they are no part of the bytes: the data set goes by its kind, and what a defence's word stands for is written out.
        var declared = Declaration.ToJson(train with { Dataset = dataset.Kind, Defense = DefensePresets.None, Weights = train.Weights with { Path = train.Weights.IsActive ? ModelName : "" } });
        ModelFile.Save(
            Path.Combine(job.OutputFolder, ModelName),
            result.Network,
            new TrainingProvenance(declared, job.Key, dataset.Kind, train.Seed, train.Epochs, result.Loss, result.Accuracy, MethodVersion.Train, NativeBackend.LibTorchVersion));
        return new DoneEvent
        {
            Outputs = [ModelName],
            // Weights that are taken as they are have no training to tell of.
            Metrics = train.Epochs == 0 ? new Dictionary<string, double>() : new Dictionary<string, double> { ["loss"] = result.Loss, ["trainAccuracy"] = result.Accuracy },
            Epochs = [.. result.Epochs.Select(epoch => new TrainingEpoch(epoch.Loss, epoch.Accuracy, epoch.Penalty))],
        };
    }

    /// <summary>The training that starts from the file of a model, if it is one that starts from a model.</summary>
    private static TrainDeclaration Started(TrainDeclaration train, JobModel? start)
    {
        if (start is null)
            return train;
        ModelInput.Verify(start.Path, start.Sha256);
        return train with { Weights = train.Weights with { Path = start.Path } };
    }

    /// <summary>Changes no result, so it is no option of the declaration.</summary>
    private static TimeSpan CheckpointInterval() =>
        double.TryParse(Environment.GetEnvironmentVariable("DQ_CHECKPOINT_SECONDS"), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e6
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.FromSeconds(10);

    private sealed class Reporter(WorkerChannel channel) : IProgress<TrainingProgress>
    {
        private bool _saidResumed;

        public void Report(TrainingProgress value)
        {
            if (value.ResumedFrom > 0 && !_saidResumed)
            {
                _saidResumed = true;
                channel.Send(new ResumedEvent(value.ResumedFrom));
            }

            channel.Send(new ProgressEvent
            {
                Phase = "training",
                Epoch = value.Epoch,
                Epochs = value.Epochs,
                Step = value.Step,
                Steps = value.Steps,
                Loss = Known(value.Loss),
                Accuracy = Known(value.Accuracy),
                Penalty = value.Penalty > 0 ? value.Penalty : null,
                ImagesPerSecond = value.ImagesPerSecond > 0 ? value.ImagesPerSecond : null,
                SecondsLeft = value.TimeLeft?.TotalSeconds,
            });
        }

        private static double? Known(double value) => double.IsFinite(value) ? value : null;
    }
}
