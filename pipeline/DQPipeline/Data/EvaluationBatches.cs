namespace DQPipeline.Data;

/// <summary>Batches of unchanged images in a fixed order.</summary>
public static class EvaluationBatches
{
    /// <summary>The images of a split at the given indices, in that order. The caller disposes each batch.</summary>
    /// <param name="data">The data set, for its shape.</param>
    /// <param name="split">One of its splits.</param>
    /// <param name="indices">Which images.</param>
    /// <param name="batch">Images a batch, 1 or more; the last batch holds what is left.</param>
    public static IEnumerable<Batch> Of(ImageDataset data, ImageSplit split, int[] indices, int batch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return Made(data, split, indices, batch);
    }

    private static IEnumerable<Batch> Made(ImageDataset data, ImageSplit split, int[] indices, int size)
    {
        for (int first = 0, step = 0; first < indices.Length; first += size, step++)
        {
            var batch = new Batch(data, indices.AsSpan(first, Math.Min(size, indices.Length - first)), split.Classes, epoch: 0, step);
            for (var i = 0; i < batch.Count; i++)
                split.Image(batch.Indices[i]).CopyTo(batch.Writable[(i * data.ImageBytes)..]);
            yield return batch;
        }
    }
}
