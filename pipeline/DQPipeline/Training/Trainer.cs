using System.Runtime.InteropServices;
using DQPipeline.Declarations;
using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>
/// Trains a classifier. On the processor the weights are a function of the request alone, bit for bit: two runs give the same, and so does one that
/// was killed at any moment and gone on with from its checkpoints.
/// </summary>
public static class Trainer
{
    /// <summary>Trains, or goes on where an interrupted run of the same key left its last checkpoint.</summary>
    /// <param name="request">What to train.</param>
    /// <param name="progress">Hears where the training stands: at the start, at the end, and at most four times a second between.</param>
    /// <param name="cancellation">Ends the training after the step in work; a checkpoint is written first.</param>
    /// <exception cref="DqException">DQ1004: the declaration is out of range. DQ3004: the loss is no number any more. DQ3007: memory ran out. DQ6004: a checkpoint cannot be written. DQ3001, DQ3002: no backend.</exception>
    /// <exception cref="ArgumentException">There is a folder of checkpoints, and no key to know them by.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static TrainingResult Train(TrainingRequest request, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        // With no key all checkpoints have the same one, and those of another declaration that fits would be gone on from.
        if (request.CheckpointFolder is not null && string.IsNullOrEmpty(request.Key))
            throw new ArgumentException("A training with a folder of checkpoints needs the key that they are known by.", nameof(request));
        NativeBackend.Load();
        set_num_threads(request.Threads);
        using var checkpoints = request.CheckpointFolder is { } folder ? CheckpointFolder.Open(folder, request.OnWarning, cancellation) : null;
        try
        {
            return new TrainingRun(request, checkpoints, progress).Run(cancellation);
        }
        catch (ExternalException e) when (IsOutOfMemory(e))
        {
            throw new DqException(
                DiagnosticCodes.OutOfMemory,
                $"Memory ran out while training. Make \"batch\" smaller than {request.Declaration.Batch}, or the network narrower.",
                inner: e);
        }
    }

    private static bool IsOutOfMemory(ExternalException e) =>
        e.Message.Contains("not enough memory", StringComparison.Ordinal)
        || e.Message.Contains("can't allocate memory", StringComparison.Ordinal)
        || e.Message.Contains("out of memory", StringComparison.Ordinal);
}
