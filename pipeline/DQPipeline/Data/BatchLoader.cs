using System.Collections.Concurrent;

namespace DQPipeline.Data;

/// <summary>
/// Training batches, made ahead on a background thread so that the network does not wait. Every epoch visits each image once, in an order drawn from
/// (seed, epoch), and changes each image by what is drawn from (seed, epoch, image): a run that starts at any step sees the very batches of one that did not stop.
/// </summary>
public sealed class BatchLoader
{
    /// <summary>Batches made ahead. A few absorb the jitter of the machine; more would only take memory.</summary>
    private const int Ahead = 4;

    private readonly ImageDataset _data;
    private readonly Augmentation _augmentation;
    private readonly int _seed;

    /// <summary>A loader over the training split.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="batch">Images a step, 1 or more; the last batch of an epoch holds what is left, and is kept.</param>
    /// <param name="crop">Pixels of black padding (byte 0) around an image before a random crop to its own size; 0 is no crop.</param>
    /// <param name="flip">Whether images are mirrored with probability 1/2.</param>
    /// <param name="seed">The seed of the training.</param>
    public BatchLoader(ImageDataset data, int batch, int crop, bool flip, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(crop);
        _data = data;
        BatchSize = batch;
        _augmentation = new Augmentation(crop, flip);
        _seed = seed;
    }

    /// <summary>Images a step.</summary>
    public int BatchSize { get; }

    /// <summary>Batches of an epoch: ⌈images / batch⌉.</summary>
    public int StepsPerEpoch => (_data.Train.Count + BatchSize - 1) / BatchSize;

    /// <summary>
    /// The batches from a step on, in order, to the end of the last epoch. The caller disposes each batch. Leaving the loop ends the background thread.
    /// </summary>
    /// <param name="epochs">The number of epochs of the whole training.</param>
    /// <param name="epoch">The epoch to start in, from 0.</param>
    /// <param name="step">The step of that epoch to start at, from 0 to <see cref="StepsPerEpoch"/>.</param>
    /// <param name="cancellation">Ends the waiting with an <see cref="OperationCanceledException"/>.</param>
    public IEnumerable<Batch> Batches(int epochs, int epoch = 0, int step = 0, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step, StepsPerEpoch);
        return Prefetched(epochs, epoch, step, cancellation);
    }

    private IEnumerable<Batch> Prefetched(int epochs, int epoch, int step, CancellationToken cancellation)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var queue = new BlockingCollection<Batch>(Ahead);
        var maker = Task.Factory.StartNew(
            () => Make(queue, epochs, epoch, step, leaving.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            while (queue.TryTake(out var batch, Timeout.Infinite, cancellation))
                yield return batch;
            maker.GetAwaiter().GetResult();
        }
        finally
        {
            leaving.Cancel();
            Task.WaitAny([maker], CancellationToken.None);
            while (queue.TryTake(out var unseen))
                unseen.Dispose();
        }
    }

    private void Make(BlockingCollection<Batch> queue, int epochs, int firstEpoch, int firstStep, CancellationToken leaving)
    {
        try
        {
            for (var epoch = firstEpoch; epoch < epochs; epoch++)
            {
                var order = Sampling.Permutation(_data.Train.Count, _seed, epoch);
                for (var step = epoch == firstEpoch ? firstStep : 0; step < StepsPerEpoch; step++)
                {
                    var batch = Make(order, epoch, step);
                    try
                    {
                        queue.Add(batch, leaving);
                    }
                    catch (OperationCanceledException)
                    {
                        batch.Dispose();
                        return;
                    }
                }
            }
        }
        finally
        {
            queue.CompleteAdding();
        }
    }

    private Batch Make(int[] order, int epoch, int step)
    {
        var first = step * BatchSize;
        var batch = new Batch(_data, order.AsSpan(first, Math.Min(BatchSize, order.Length - first)), _data.Train.Classes, epoch, step);
        for (var i = 0; i < batch.Count; i++)
        {
            var image = batch.Indices[i];
            var to = batch.Writable.Slice(i * _data.ImageBytes, _data.ImageBytes);
            Augmentation.Apply(_data.Train.Image(image), to, _data.Width, _data.Height, _augmentation.Draw(_seed, epoch, image));
        }

        return batch;
    }
}
