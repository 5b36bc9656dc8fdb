using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Verdicts;

/// <summary>What a reader of a card must not conclude from it. Each sentence follows from what was declared and measured, and is left out where it does not.</summary>
internal static class CardLimits
{
    public static IReadOnlyList<string> Of(ModelCard card)
    {
        var limits = new List<string>();
        var attacked = card.Measured.Where(cell => cell.Attack is not null).ToList();
        var followed = attacked.Where(cell => cell.Attack!.FollowsGradient()).ToList();
        var whiteBox = followed.Where(cell => cell.Substitute is null).ToList();
        if (attacked.Count == 0)
        {
            limits.Add("No attack was measured: nothing is known of its robustness.");
        }
        else
        {
            limits.Add($"Robustness is known for the listed attacks alone, {Reach(attacked)}, on {Samples(card)} images; another attack may do more harm.");
            if (whiteBox.Count == 0)
                limits.Add("No attack with the model's own gradient was measured.");
            else if (whiteBox.TrueForAll(cell => cell.Attack is { Kind: "fgsm" or "r+fgsm" } or { Kind: "bim" or "pgd", Steps: 1 }))
                limits.Add("Of attacks with the model's own gradient only those of one step were measured; those of many steps do more harm.");
            if (card.Quantization is not null && whiteBox.Count > 0)
                limits.Add($"An integer model has no gradient: its white-box attacks were made on {card.Training.Name}, and rounded to 8-bit pixels.");
        }

        if (!ActivationNames.IsRectified(card.Training.Activation.Kind))
            limits.Add("Activations of the kind tanh mask gradients: what robustness they show against attacks with the model's own gradient does not hold against others.");
        if (card.Unmeasured.Count > 0)
            limits.Add($"Declared, but not measured of the model as it is: {string.Join(", ", card.Unmeasured.Select(cell => cell.Id["evaluate/".Length..]))}.");
        if (card.Gates.Count == 0)
            limits.Add("No gate demands anything of it.");
        if (card.Info is not null)
            limits.Add("Every image gets one of its classes, whatever it shows.");
        return limits;
    }

    /// <summary>What the integer model gave up; null where that was not compared.</summary>
    public static string? Tradeoff(ModelCard card)
    {
        var record = card.Model.Record;
        return card.Quantization is not null && record.Metric("trainedCorrect") is { } trained && record.Metric("agreeing") is { } agreeing && EvaluationCell.Measurement(record) is var (samples, correct)
            ? FormattableString.Invariant($"Of {samples} clean images the integer model classifies {correct} rightly and the trained one {trained}; on {agreeing} both say the same.")
            : null;
    }

    /// <summary>What the attacks may do to an image, by their norms.</summary>
    private static string Reach(List<EvaluationCell> attacked)
    {
        const string value = "change no value of a pixel by more than ε", length = "change an image by a Euclidean length of at most ε";
        return (attacked.Exists(cell => cell.Attack!.Norm == "linf"), attacked.Exists(cell => cell.Attack!.Norm != "linf")) switch
        {
            (true, false) => $"which {value}",
            (false, true) => $"which {length}",
            _ => $"which {value} or, in L2, {length}",
        };
    }

    private static string Samples(ModelCard card)
    {
        var attacked = card.Metrics.Where(metric => metric.Attack != AttackDeclaration.Clean).ToList();
        var (least, most) = (attacked.Min(metric => metric.Samples), attacked.Max(metric => metric.Samples));
        return least == most ? most.ToString(CultureInfo.InvariantCulture) : FormattableString.Invariant($"{least} to {most}");
    }
}
