using System.Globalization;
using DQPipeline.Declarations;

namespace DQPipeline.Reports.Drawing;

/// <summary>An option whose effect is drawn where models differ in it and in nothing else.</summary>
internal sealed class StudiedOption
{
    private readonly Func<TrainDeclaration, TrainDeclaration> _without;

    private StudiedOption(string title, string axis, Func<TrainDeclaration, double> value, Func<double, string> text, Func<TrainDeclaration, TrainDeclaration> without) =>
        (Title, Axis, Value, Text, _without) = (title, axis, value, text, without);

    /// <summary>Bits of activations (figure 1).</summary>
    public static StudiedOption Bits { get; } = new(
        "bits of activations", "bits", model => model.Activation.Bits,
        bits => bits == ActivationDeclaration.FullPrecision ? "full" : bits.ToString(CultureInfo.InvariantCulture),
        // Weights are rounded where activations are quantized, unless said otherwise.
        model => model with { Activation = model.Activation with { Bits = 8 }, WeightBits = 8 });

    /// <summary>β of the Lipschitz penalty (figure 6).</summary>
    public static StudiedOption Beta { get; } = new(
        "β of the penalty", "beta", model => model.Lipschitz.Beta, beta => beta.ToString("R", CultureInfo.InvariantCulture),
        // Unless said otherwise a penalty takes the place of weight decay, and residual sums are convex under it.
        model => model with
        {
            Lipschitz = model.Lipschitz with { Beta = 0 },
            Optimizer = model.Optimizer with { WeightDecay = model.Optimizer.WeightDecay == (model.Lipschitz.Beta > 0 ? 0 : 5e-4) ? 0 : model.Optimizer.WeightDecay },
            Residual = "sum",
        });

    /// <summary>The option, in words.</summary>
    public string Title { get; }

    /// <summary>How a matrix names it among its members.</summary>
    private string Axis { get; }

    /// <summary>A model's value.</summary>
    public Func<TrainDeclaration, double> Value { get; }

    /// <summary>A value as people read it.</summary>
    public Func<double, string> Text { get; }

    /// <summary>What two models have in common that differ in this option alone.</summary>
    public string Family(TrainDeclaration model) => $"{model.Dataset} {Declaration.ToJson(_without(model) with { Defense = DefensePresets.None })}";

    /// <summary>What models are called together that differ in this option alone: what their names have in common, or all of them.</summary>
    public string NameOf(IReadOnlyList<string> models)
    {
        var names = models.Select(Without).Distinct().ToList();
        return names.Count <= 3 ? string.Join(", ", names) : $"{names[0]} to {names[^1]}";
    }

    private string Without(string model)
    {
        var parts = model.Split('@', 2);
        var rest = parts.Length < 2 ? [] : parts[1].Split(',').Where(value => !value.StartsWith(Axis + "=", StringComparison.Ordinal)).ToArray();
        return rest.Length == 0 ? parts[0] : $"{parts[0]} {string.Join(' ', rest)}";
    }
}
