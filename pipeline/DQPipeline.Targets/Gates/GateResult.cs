using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Gates;

/// <summary>How a gate stands.</summary>
public enum GateVerdict
{
    /// <summary>The measurement meets the demand.</summary>
    Passed,

    /// <summary>The measurement does not meet the demand (DQ4001).</summary>
    Failed,

    /// <summary>There is no measurement to hold the demand against (DQ4002).</summary>
    Undecided,
}

/// <summary>A gate held against one measurement; a gate on a matrix has one result for each member.</summary>
/// <param name="Gate">The demand.</param>
/// <param name="Evaluation">Name of the evaluation that declares it.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Verdict">How it stands.</param>
/// <param name="Cell">The measurement's target; null where none is declared.</param>
/// <param name="Accuracy">The measured accuracy, 0 to 1; null where undecided.</param>
/// <param name="Interval">Its 95 % Wilson interval; null where undecided.</param>
public sealed record GateResult(
    GateDeclaration Gate, string Evaluation, string Model, GateVerdict Verdict, EvaluationCell? Cell, double? Accuracy, WilsonInterval? Interval)
{
    /// <summary>What the build reported of it; null where it passed, and where it is undecided because of what was reported of its measurement.</summary>
    public Diagnostic? Finding { get; init; }

    /// <summary>The measurement that it is about, by the names in the gate: <c>dq-int8/pgd@2</c>.</summary>
    public string Subject => EvaluationCell.SubjectOf(Model, Gate.Attack, Gate.Epsilon, Gate.BlackBox);
}
