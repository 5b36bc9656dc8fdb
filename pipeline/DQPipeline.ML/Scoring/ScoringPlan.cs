using Microsoft.ML;

namespace DQPipeline.ML.Scoring;

/// <summary>How the rows of one schema are scored.</summary>
/// <param name="Model">The model.</param>
/// <param name="Image">The column of images.</param>
/// <param name="Outputs">The columns that are added.</param>
/// <param name="BatchSize">Rows that are scored together at most.</param>
internal sealed record ScoringPlan(SharedModel Model, DataViewSchema.Column Image, OutputColumns Outputs, int BatchSize)
{
    /// <summary>A reader of one row's image.</summary>
    /// <param name="row">The row, or a cursor.</param>
    public ImageReader Reader(DataViewRow row) => ImageReader.Of(row, Image, Model.Info);
}
