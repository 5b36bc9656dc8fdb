using Microsoft.ML;

namespace DQPipeline.ML.Scoring;

/// <summary>How the rows of one schema are scored.</summary>
/// <param name="Model">The model.</param>
/// <param name="Image">The column of images.</param>
/// <param name="Outputs">The columns that are added.</param>
/// <param name="BatchSize">Rows that are scored together at most.</param>
internal sealed record ScoringPlan(SharedModel Model, DataViewSchema.Column Image, OutputColumns Outputs, int BatchSize)
{
    /// <summary>Bytes that the images of one batch take at most.</summary>
    private const long Room = 1L << 28;

    /// <summary>How many rows are read ahead and scored together at most: a batch, or as many images as there is room for, and one at least.</summary>
    public static int RowsTogether(int batchSize, int imageSize) => (int)Math.Clamp(Room / sizeof(float) / imageSize, 1, batchSize);

    /// <summary>A reader of one row's image.</summary>
    /// <param name="row">The row, or a cursor.</param>
    public ImageReader Reader(DataViewRow row) => ImageReader.Of(row, Image, Model.Info);
}
