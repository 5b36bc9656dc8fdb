using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Masking;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Gates;

/// <summary>
/// Whether the accuracy of a model under attack can be believed: it was attacked by what follows its gradient in earnest and by what does not need it, and nothing shows that it masks its gradients. Of an
/// integer model, whose images are made on the trained one, that one's measurements tell.
/// </summary>
/// <param name="Signs">Signs of masked gradients, each with its code.</param>
/// <param name="Lack">What must be measured before anything can be believed, and how to declare it; null where all is.</param>
internal sealed record GateTrust(IReadOnlyList<string> Signs, string? Lack)
{
    /// <summary>Judges the measurements of a gate that demands trust.</summary>
    public static GateTrust Of(GateDeclaration gate, EvaluateDeclaration evaluation, ModelTarget model, GateCells needed, Func<EvaluationCell, TargetRecord?> result)
    {
        if (needed.Trust.Count == 0)
            return new([], $"{model.Name} is made of {model.Trained.Name}, on which its images are made and which '{evaluation.Name}' does not measure; add \"{model.Trained.Name}\" to \"models\"");
        var measured = needed.Trust.Select(cell => AttackEvidence.Of(cell, result(cell))).OfType<AttackEvidence>().ToList();
        if (measured.Count < needed.Trust.Count)
            return new([], $"not every attack of '{evaluation.Name}' on {model.Trained.Name} has a result");
        string[] signs = [.. MaskingCheck.Signs(measured).Select(sign => $"{sign.Code}, {sign.Text}")];
        var norm = needed.Own[0].Attack?.Norm ?? "linf";
        return new(signs, Missing(gate.Epsilon, norm, measured.FindAll(one => one.Cell.Attack?.Norm == norm && one.Cell.Epsilon == gate.Epsilon)) is { Count: > 0 } missing
            ? $"what '{evaluation.Name}' measures of {model.Trained.Name} at ε = {EvaluationCell.Number(gate.Epsilon)} is too little to be trusted; add {string.Join(" and ", missing)} to \"attacks\""
            : null);
    }

    /// <summary>The attacks to add, as dq.json declares them.</summary>
    private static List<string> Missing(double epsilon, string norm, List<AttackEvidence> measured)
    {
        var options = norm == "linf" ? "" : $", \"norm\": \"{norm}\"";
        string Declared(string kind) => options.Length == 0 ? $"\"{kind}\"" : $"{{ \"kind\": \"{kind}\"{options} }}";
        var missing = new List<string>();
        if (!measured.Exists(one => one.IsLongPgd))
            missing.Add($"{{ \"kind\": \"pgd\", \"name\": \"pgd{AttackEvidence.ManySteps}\", \"steps\": {AttackEvidence.ManySteps}, \"alpha\": {EvaluationCell.Number(epsilon / AttackEvidence.LargestStep)}{options} }}");
        // AutoAttack has a part without gradients too.
        var hasAutoPgd = measured.Exists(one => one.IsAutoPgd);
        if (!hasAutoPgd)
            missing.Add(Declared("autoattack"));
        else if (!measured.Exists(one => one.NeedsNoGradient))
            missing.Add(Declared("square"));
        return missing;
    }
}
