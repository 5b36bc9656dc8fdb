using DQPipeline.Data;
using DQPipeline.Declarations;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>A training to be done, or to be gone on with.</summary>
/// <param name="Declaration">What to train and how.</param>
/// <param name="Data">The data set that it names.</param>
public sealed record TrainingRequest(TrainDeclaration Declaration, ImageDataset Data)
{
    /// <summary>Where to compute; the default is the processor.</summary>
    public Device? Device { get; init; }

    /// <summary>Processor threads. At least 1; the default is 2. Sums change in their last bits with it.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>The key of the target: a checkpoint with another one is not gone on from. The default is none, with which there can be no folder of checkpoints.</summary>
    public string Key { get; init; } = "";

    /// <summary>The folder of this target's checkpoints, used by nothing else; null keeps none. It needs a <see cref="Key"/>.</summary>
    public string? CheckpointFolder { get; init; }

    /// <summary>Time between checkpoints. The default is 10 seconds.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock of progress and checkpoints; nothing of the result depends on it.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Hears of what is odd and fails nothing: an unusable checkpoint (DQ3006), another process in the same folder (DQ6007).</summary>
    public Action<Diagnostic>? OnWarning { get; init; }
}
