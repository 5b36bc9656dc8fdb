using DQPipeline.Declarations;
using DQPipeline.Lipschitz;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>One step of training: L = loss + Lipschitz penalty (paper equation 8), its gradient, a move along it, the way back to what a constraint allows, and the average of where it led.</summary>
internal sealed class TrainingStep(TrainingState state, LipschitzDeclaration lipschitz, LearningRate rate, LossDeclaration? declared = null)
{
    private readonly LipschitzPenalty? penalty = lipschitz.Beta > 0 ? new(lipschitz) : null;
    private readonly PenaltyRise rise = new(lipschitz, rate.Steps);
    private readonly IReadOnlyList<PenalizedWeight> operators = PenalizedWeight.Of(state.Network.WeightLayers, lipschitz.Of == "folded", lipschitz.Linear);

    /// <summary>Trains on a batch and counts the step.</summary>
    /// <param name="images">float32 N×C×H×W in [0,1].</param>
    /// <param name="labels">int64 N.</param>
    public void Run(Tensor images, Tensor labels)
    {
        // One scope a step: a scope keeps every handle until it closes.
        using var scope = NewDisposeScope();
        state.Descent.Clear();
        var logits = state.Network.forward(images);
        var loss = declared is { Kind: LossDeclaration.MarginKind }
            ? MarginLoss.Of(logits, labels, state.Network.WeightLayers[^1].Weight, declared.Margin) : nn.functional.cross_entropy(logits, labels);
        loss.backward();
        // Before the penalty's gradient, which has a limit of its own.
        state.Descent.Clip();
        var now = rate.At(state.Step);
        var share = rise.At(state.Step);
        var value = share > 0 ? penalty?.AddGradient(operators, state.Descent.RelativeLimit(now), share) : null;
        state.Descent.Step(now);
        state.Constraint?.Apply(share);
        state.Totals.Add(loss, logits, labels, value);
        state.Step++;
        state.Average?.Add(state.Step);
    }
}
