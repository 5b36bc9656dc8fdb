using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Masking;

/// <summary>A measurement of a model under an attack, image by image.</summary>
/// <param name="Cell">What was measured.</param>
/// <param name="Standing">For each image whether it is right.</param>
/// <param name="Health">How far the gradients can be trusted; null where none were followed.</param>
internal sealed record AttackEvidence(EvaluationCell Cell, bool[] Standing, CellHealth? Health)
{
    /// <summary>Steps of PGD from which it counts as strong.</summary>
    public const int ManySteps = 50;

    /// <summary>What part of ε its steps may be at most.</summary>
    public const int LargestStep = 4;

    /// <summary>Steps of Auto-PGD from which it counts; its schedule halves the step size only every few of them.</summary>
    public const int FewestAutoSteps = 20;

    /// <summary>Queries from which an attack on logits alone counts.</summary>
    public const int FewestQueries = 100;

    private AttackDeclaration Attack => Cell.Attack!;

    /// <summary>Whether the images were made on another model.</summary>
    public bool IsBlackBox => Cell.Substitute is not null;

    /// <summary>Auto-PGD by itself or within AutoAttack, of its own number of steps or not far fewer.</summary>
    public bool IsAutoPgd => IsAutoPgdAlone || (!IsBlackBox && Attack.Kind == "autoattack" && HasAutoSteps);

    /// <summary>Auto-PGD alone, which asks for gradients and nothing else.</summary>
    public bool IsAutoPgdAlone => !IsBlackBox && Attack.Kind.StartsWith("apgd-", StringComparison.Ordinal) && HasAutoSteps;

    /// <summary>
    /// PGD of at least 50 steps of at most ε/4. The paper's own has two steps at ε = 2, which FGSM beats on any network. Steps that are too short to cross the ball do no harm: Auto-PGD, which sets its own, is asked for beside it.
    /// </summary>
    public bool IsLongPgd => !IsBlackBox && Attack.Kind == "pgd" && Attack.Steps >= ManySteps && Attack.Alpha <= Cell.Epsilon / LargestStep;

    /// <summary>A single step along the model's own gradient.</summary>
    public bool IsSingleStep => !IsBlackBox && Attack.Kind is "fgsm" or "r+fgsm";

    /// <summary>An attack that asks for logits alone.</summary>
    public bool IsScoreBased => !IsBlackBox && Attack.AsksForScores();

    /// <summary>An attack that gets by without the model's gradients, or contains one: what masks them does not stop it.</summary>
    public bool NeedsNoGradient => IsBlackBox || (Attack.Kind is "square" or "autoattack" && Attack.Queries >= FewestQueries);

    private bool HasAutoSteps => Attack.Steps is 0 or >= FewestAutoSteps;

    /// <summary>The evidence that a record holds; null where it holds none.</summary>
    public static AttackEvidence? Of(EvaluationCell cell, TargetRecord? record) =>
        record is not null && EvaluationCell.StandingIn(record) is { } standing ? new(cell, standing, Graph.Health.Of(record)) : null;
}
