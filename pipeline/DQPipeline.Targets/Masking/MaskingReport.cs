using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Masking;

/// <summary>The findings of <see cref="MaskingCheck"/> on what a build is about: every trained model of every evaluation. Integer models have no gradient that could be masked.</summary>
internal static class MaskingReport
{
    public static IEnumerable<Diagnostic> Of(TargetGraph graph, IReadOnlyList<Node> nodes)
    {
        var measured = nodes.Where(node => node is { Target: EvaluationCell { Model: TrainTarget }, HasResult: true })
            .Select(node => AttackEvidence.Of((EvaluationCell)node.Target, node.Record)).OfType<AttackEvidence>()
            .ToLookup(evidence => (Evaluation: evidence.Cell.Name, Model: evidence.Cell.Model.Name));
        return graph.Pipeline.Evaluate.Values.SelectMany(evaluation =>
            evaluation.Models.SelectMany(model => MaskingCheck.Findings(evaluation, [.. measured[(evaluation.Name, model)]], model)));
    }
}
