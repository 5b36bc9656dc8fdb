using DQPipeline.ML.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Views;

/// <summary>Scores rows as they come: what ML.NET's PredictionEngine works with.</summary>
internal sealed class ScoredRowMapper(DataViewSchema input, DataViewSchema output, ScoringPlan plan) : IRowToRowMapper
{
    /// <inheritdoc/>
    public DataViewSchema InputSchema => input;

    /// <inheritdoc/>
    public DataViewSchema OutputSchema => output;

    /// <inheritdoc/>
    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        ActiveColumns.Of(dependingColumns, output, plan).OfInput(input);

    /// <inheritdoc/>
    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) =>
        new ScoredRow(input, output, plan, ActiveColumns.Of(activeColumns, output, plan));
}
