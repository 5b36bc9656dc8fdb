using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Gates;

/// <summary>How a gate stands.</summary>
public enum GateVerdict
{
    /// <summary>The measurement meets every demand.</summary>
    Passed,

    /// <summary>The measurement does not meet a demand (DQ4001).</summary>
    Failed,

    /// <summary>There is no measurement to hold a demand against (DQ4002).</summary>
    Undecided,
}

/// <summary>A gate held against one model's measurement; a gate on a matrix has one result for each member.</summary>
/// <param name="Gate">The demands.</param>
/// <param name="Evaluation">Name of the evaluation that declares it.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Verdict">How it stands.</param>
/// <param name="Cells">The targets whose results decide it: the measurement's, those of models that it is compared with, and those that make it trusted; none where nothing measures it.</param>
/// <param name="Accuracy">The measured accuracy, 0 to 1; null where it is not measured.</param>
/// <param name="Interval">Its 95 % Wilson interval; null where it is not measured.</param>
public sealed record GateResult(
    GateDeclaration Gate, string Evaluation, string Model, GateVerdict Verdict, IReadOnlyList<EvaluationCell> Cells, double? Accuracy, WilsonInterval? Interval)
{
    /// <summary>What <see cref="GateDeclaration.NotWorseThan"/> asks to compare with and is measured.</summary>
    public IReadOnlyList<GateComparison> Comparisons { get; init; } = [];

    /// <summary>Signs of masked gradients, each with its code, where <see cref="GateDeclaration.Trusted"/> demands that there is none.</summary>
    public IReadOnlyList<string> Signs { get; init; } = [];

    /// <summary>What is missing to decide it, and the mend; null where nothing is, and where the measurement itself is missing.</summary>
    public string? Lack { get; init; }

    /// <summary>What the build reported of it; null where it passed, and where it is undecided because of what was reported of its measurement.</summary>
    public Diagnostic? Finding { get; init; }

    /// <summary>The measurement that it is about, by the names in the gate: <c>dq-int8/pgd@2</c>.</summary>
    public string Subject => EvaluationCell.SubjectOf(Model, Gate.Attack, Gate.Epsilon, Gate.BlackBox);

    /// <summary>What it demands, in words: <c>at least 40.0 %, not worse than full</c>.</summary>
    public string Demand => GateText.Demand(Gate);
}
