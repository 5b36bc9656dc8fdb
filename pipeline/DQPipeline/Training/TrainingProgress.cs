using DQPipeline.Networks;

namespace DQPipeline.Training;

/// <summary>Where a training stands.</summary>
/// <param name="Epoch">The epoch in work, from 1.</param>
/// <param name="Epochs">Epochs of the whole training.</param>
/// <param name="Step">Steps done, of the whole training.</param>
/// <param name="Steps">Steps of the whole training.</param>
/// <param name="ResumedFrom">Steps that an earlier, interrupted run had done; 0 for a fresh start.</param>
/// <param name="Loss">Mean loss of this epoch's images so far; NaN before the first.</param>
/// <param name="Accuracy">Share of this epoch's (augmented) training images that were right so far, 0 to 1; NaN before the first.</param>
/// <param name="Penalty">The Lipschitz penalty at the last step; 0 without one.</param>
/// <param name="ImagesPerSecond">Images a second since this run started; 0 before the first step.</param>
/// <param name="TimeLeft">Estimate of the time to the end; null before the first step.</param>
public readonly record struct TrainingProgress(
    int Epoch, int Epochs, long Step, long Steps, long ResumedFrom, double Loss, double Accuracy, double Penalty, double ImagesPerSecond, TimeSpan? TimeLeft);

/// <summary>What a training came to.</summary>
/// <param name="Network">The trained network, in evaluation mode. The caller disposes it.</param>
/// <param name="Loss">Mean loss over the last epoch.</param>
/// <param name="Accuracy">Share of (augmented) training images that were right in the last epoch, 0 to 1.</param>
/// <param name="Penalty">The Lipschitz penalty at the last step; 0 without one.</param>
/// <param name="Steps">Steps of the whole training.</param>
/// <param name="ResumedFrom">Steps that an earlier, interrupted run had done; 0 for a fresh start.</param>
public sealed record TrainingResult(Classifier Network, double Loss, double Accuracy, double Penalty, long Steps, long ResumedFrom) : IDisposable
{
    /// <summary>What each epoch came to: mean loss, share of (augmented) training images that were right, the penalty at its last step. None where the training went on from a checkpoint that does not tell.</summary>
    public IReadOnlyList<(double Loss, double Accuracy, double Penalty)> Epochs { get; init; } = [];

    /// <summary>Disposes the network.</summary>
    public void Dispose() => Network.Dispose();
}
