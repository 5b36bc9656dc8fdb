using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Masking;

/// <summary>The findings of <see cref="MaskingCheck"/> on what a build is about: every trained model of every evaluation. Integer models have no gradient that could be masked.</summary>
internal static class MaskingReport
{
    public static IEnumerable<Diagnostic> Of(TargetGraph graph, IReadOnlyList<Node> nodes)
    {
        var measured = Measured(nodes);
        return graph.Pipeline.Evaluate.Values.SelectMany(evaluation =>
            evaluation.Models.SelectMany(model => MaskingCheck.Findings(evaluation, [.. measured[(evaluation.Name, model)]], model)));
    }

    /// <summary>Of how many models, counted in each evaluation, the gradients were followed in earnest at some strength: where none were, that there is no sign says nothing.</summary>
    public static int Examined(IReadOnlyList<Node> nodes) => Measured(nodes).Count(MaskingCheck.IsExamined);

    private static ILookup<(string Evaluation, string Model), AttackEvidence> Measured(IReadOnlyList<Node> nodes) =>
        nodes.Where(node => node is { Target: EvaluationCell { Model: TrainTarget }, HasResult: true })
            .Select(node => AttackEvidence.Of((EvaluationCell)node.Target, node.Record)).OfType<AttackEvidence>()
            .ToLookup(evidence => (Evaluation: evidence.Cell.Name, Model: evidence.Cell.Model.Name));
}
