using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Masking;

/// <summary>
/// Looks in recorded measurements for signs that a model masks its gradients rather than that it is robust (Athalye et al. 2018, section 3; paper A.1 and A.2): what should be weaker breaks images
/// that what should be stronger does not. Nothing is run for it. Comparisons are of the same images, beyond what chance explains, and against the model's own gradient only where that was followed
/// in earnest: by PGD of 50 steps or more and by Auto-PGD.
/// </summary>
internal static class MaskingCheck
{
    /// <summary>Strength from which nothing can stand: a fourth of the range, with which any image becomes any other's likeness.</summary>
    private const double LargeEpsilon = 64;

    /// <summary>Accuracy at a large strength that is more than rounding.</summary>
    private const double Nothing = 0.02;

    /// <summary>Share of images without a gradient, or without a loss, that is more than some odd ones.</summary>
    private const double Few = 0.01;

    /// <summary>Share of images that further restarts may break.</summary>
    private const double LittleLuck = 0.05;

    /// <summary>Two-sided level of the comparisons.</summary>
    private const double Level = 0.05;

    /// <summary>The warnings to give of one model in one evaluation.</summary>
    /// <param name="evaluation">The evaluation.</param>
    /// <param name="measured">The model's measurements there, the clean one among them.</param>
    /// <param name="model">Its name.</param>
    public static IReadOnlyList<Diagnostic> Findings(EvaluateDeclaration evaluation, IReadOnlyList<AttackEvidence> measured, string model)
    {
        const string mend = "its figures say more about the attacks than about its robustness: add \"autoattack\" with \"backward\": \"all\", and believe the worst case alone";
        return [.. Signs(measured).Select(sign => new Diagnostic(sign.Code, $"{model} may mask its gradients: {sign.Text}; {mend}", evaluation.Place, Severity.Warning))];
    }

    /// <summary>What is found in the measurements of one model in one evaluation, each with its code.</summary>
    public static IReadOnlyList<(string Code, string Text)> Signs(IReadOnlyList<AttackEvidence> measured)
    {
        var clean = measured.FirstOrDefault(one => one.Cell.Attack is null);
        AttackEvidence[] attacked = [.. measured.Where(one => one.Cell.Attack is not null)];
        var found = new List<(string Code, string Text)>();
        Gradients(found, clean, attacked);
        // What is weaker than what can be said within a norm alone.
        foreach (var norm in attacked.GroupBy(one => one.Cell.Attack!.Norm))
            Comparisons(found, clean, [.. norm]);
        return found;
    }

    private static void Comparisons(List<(string Code, string Text)> found, AttackEvidence? clean, IReadOnlyList<AttackEvidence> ofNorm)
    {
        var weaker = new List<(double Epsilon, bool[] Standing)>();
        foreach (var strength in ofNorm.GroupBy(one => one.Cell.Epsilon).OrderBy(group => group.Key))
        {
            var all = strength.ToList();
            Restarts(found, all);
            var standing = IsEarnest(all) ? WorstOf(all.Where(one => one.IsAutoPgd || one.IsLongPgd)) : null;
            if (standing is null || !Compare(found, all, one => one.IsBlackBox, standing, DiagnosticCodes.BlackBoxBeatsWhiteBox, "images made on another model break", "the model's own gradient"))
                SingleSteps(found, all);
            if (standing is null)
                continue;
            Compare(found, all, one => one.IsSingleStep, standing, DiagnosticCodes.SingleStepBeatsIterated, "a single step breaks", "many steps");
            if (all.Any(one => one.IsAutoPgdAlone))
                Compare(found, all, one => one.IsScoreBased, WorstOf(all.Where(one => one.IsAutoPgdAlone)), DiagnosticCodes.SquareBeatsAutoPgd, "Square, which sees no gradient, breaks", "Auto-PGD");
            if (weaker.FindLast(half => 2 * half.Epsilon <= strength.Key) is { Standing: { } before } half && Share(standing) >= Share(before) && Share(before) > 2 * Nothing && HasFallen(clean, before))
            {
                found.Add((DiagnosticCodes.StrengthDoesNotMatter,
                    $"accuracy falls from the clean images to ε = {Number(half.Epsilon)}, and then no more: {Percent(before)} there, {Percent(standing)} at {At(all[0])}"));
            }

            if (all[0].Cell.Attack!.Norm == "linf" && strength.Key >= LargeEpsilon && WilsonInterval.Of(standing.Count(right => right), standing.Length).Low > Nothing)
                found.Add((DiagnosticCodes.LargeStrengthLeavesSome, $"{Percent(standing)} of the images withstand ε = {Number(strength.Key)}, with which every image can be made to look like any other"));
            weaker.Add((strength.Key, standing));
        }
    }

    /// <summary>Whether a strength is one that tells: where it breaks no more than chance does, twice the strength need not break more either.</summary>
    private static bool HasFallen(AttackEvidence? clean, bool[] standing) =>
        clean is null || PairedComparison.Of(clean.Standing, standing) is { PValue: < Level } fall && fall.FirstOnly > fall.SecondOnly;

    /// <summary>Whether the model's own gradient was followed in earnest at a strength.</summary>
    public static bool IsEarnest(IReadOnlyCollection<AttackEvidence> atStrength) => atStrength.Any(one => one.IsAutoPgd) && atStrength.Any(one => one.IsLongPgd);

    /// <summary>Whether it was at some strength.</summary>
    public static bool IsExamined(IEnumerable<AttackEvidence> measured) =>
        measured.Where(one => one.Cell.Attack is not null).GroupBy(one => (one.Cell.Attack!.Norm, one.Cell.Epsilon)).Any(strength => IsEarnest([.. strength]));

    /// <summary>For each image whether it withstands all of these.</summary>
    public static bool[] WorstOf(IEnumerable<AttackEvidence> attacks) =>
        Standing.InAll([.. attacks.Select(one => one.Standing)])!;

    private static void Gradients(List<(string Code, string Text)> found, AttackEvidence? clean, IReadOnlyList<AttackEvidence> attacked)
    {
        if (clean?.Health is not { } health || clean.Standing.Count(right => right) is not (> 0 and var right))
            return;
        if (WilsonInterval.Of(Math.Min(health.ZeroGradient, right), right).Low > Few)
            found.Add((DiagnosticCodes.GradientsVanish, $"{health.ZeroGradient} of {right} images have a gradient of zero in every pixel"));
        if (WilsonInterval.Of(Math.Min(health.Saturated ?? 0, right), right).Low > Few)
            found.Add((DiagnosticCodes.GradientsVanish, $"the cross entropy of {health.Saturated} of {right} images is 0 in float32, so that an attack by the book has nothing to follow (those made here do)"));
        foreach (var attack in attacked)
        {
            if (attack.Health is { } under && WilsonInterval.Of(Math.Min(under.ZeroGradient, right), right).Low > Few)
                found.Add((DiagnosticCodes.GradientsVanish, $"{under.ZeroGradient} of {right} images come to a gradient of zero in every pixel under {attack.Cell.AttackName} at {At(attack)}"));
        }
    }

    private static void Restarts(List<(string Code, string Text)> found, List<AttackEvidence> atStrength)
    {
        foreach (var attack in atStrength.Where(one => one.Cell.Attack is { Kind: "pgd" or "apgd-ce" or "apgd-dlr", Backward: not "all" }))
        {
            if (attack.Health?.FirstRun is not { } first)
                continue;
            var (left, samples) = (attack.Standing.Count(right => right), attack.Standing.Length);
            if (WilsonInterval.Of(first - left, samples).Low > LittleLuck)
                found.Add((DiagnosticCodes.RestartsMatter, $"restarts matter too much: {first} of {samples} images withstand the first run of {attack.Cell.AttackName} at {At(attack)}, {left} all {attack.Cell.Attack!.Restarts}"));
        }
    }

    /// <summary>
    /// A single step on another model against the same one on the model itself (paper A.2, table 6): like is compared with like, so no attack in earnest is needed. What training on such a step does to the
    /// gradient at the image itself shows nowhere else, as many steps leave that place and break everything.
    /// </summary>
    private static void SingleSteps(List<(string Code, string Text)> found, List<AttackEvidence> atStrength)
    {
        foreach (var step in atStrength.Where(one => one.IsSingleStep))
        {
            var kind = step.Cell.Attack!.Kind;
            Compare(found, atStrength, one => one.IsBlackBox && one.Cell.Attack!.Kind == kind, step.Standing, DiagnosticCodes.BlackBoxBeatsWhiteBox, $"{kind} made on another model breaks", "the same made on the model itself");
        }
    }

    private static bool Compare(
        List<(string Code, string Text)> found, List<AttackEvidence> atStrength, Func<AttackEvidence, bool> isWeaker, bool[] strong, string code, string what, string than)
    {
        var weaker = atStrength.Where(isWeaker).ToList();
        if (weaker.Count == 0)
            return false;
        var comparison = PairedComparison.Of(strong, WorstOf(weaker));
        if (comparison.FirstOnly <= comparison.SecondOnly || comparison.PValue >= Level)
            return false;
        found.Add((code,
            $"at {At(atStrength[0])} {what} {comparison.FirstOnly} images that withstand {than}, and {comparison.SecondOnly} the other way (McNemar's p = {comparison.PValue.ToString("0.0e+0", CultureInfo.InvariantCulture)})"));
        return true;
    }

    private static double Share(bool[] standing) => (double)standing.Count(right => right) / standing.Length;

    private static string Percent(bool[] standing) => (100 * Share(standing)).ToString("0.0#", CultureInfo.InvariantCulture) + " %";

    private static string At(AttackEvidence one) => $"ε = {Number(one.Cell.Epsilon)}{(one.Cell.Attack!.Norm == "linf" ? "" : " in L2")}";

    private static string Number(double epsilon) => EvaluationCell.Number(epsilon);
}
