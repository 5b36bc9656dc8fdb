using System.Globalization;
using DQPipeline.Declarations;

namespace DQPipeline.Reports.Drawing;

/// <summary>An option whose effect is drawn where models differ in it and in nothing else.</summary>
internal sealed class StudiedOption
{
    private readonly Func<TrainDeclaration, TrainDeclaration> _without;
    private readonly Func<TrainDeclaration, TrainDeclaration>[] _following;

    /// <param name="title">As <see cref="Title"/>.</param>
    /// <param name="axis">As <see cref="Axis"/>.</param>
    /// <param name="value">As <see cref="Value"/>.</param>
    /// <param name="text">As <see cref="Text"/>.</param>
    /// <param name="without">The declaration with one and the same value of the option.</param>
    /// <param name="following">For each option whose default follows this one: the declaration with a mark in its place where it has that default, a value that nobody can declare.</param>
    private StudiedOption(
        string title, string axis, Func<TrainDeclaration, double> value, Func<double, string> text, Func<TrainDeclaration, TrainDeclaration> without, params Func<TrainDeclaration, TrainDeclaration>[] following) =>
        (Title, Axis, Value, Text, _without, _following) = (title, axis, value, text, without, following);

    /// <summary>Bits of activations (figure 1).</summary>
    public static StudiedOption Bits { get; } = new(
        "bits of activations", "bits", model => model.Activation.Bits,
        bits => bits == ActivationDeclaration.FullPrecision ? "full" : bits.ToString(CultureInfo.InvariantCulture),
        model => model with { Activation = model.Activation with { Bits = 8 } },
        // Weights are rounded where activations are quantized, unless said otherwise.
        model => model.WeightBits == TrainDefaults.WeightBits(model) ? model with { WeightBits = 0 } : model);

    /// <summary>β of the Lipschitz penalty (figure 6).</summary>
    public static StudiedOption Beta { get; } = new(
        "β of the penalty", "beta", model => model.Lipschitz.Beta, beta => beta.ToString("R", CultureInfo.InvariantCulture),
        model => model with { Lipschitz = model.Lipschitz with { Beta = 0 } },
        // Unless said otherwise a penalty takes the place of weight decay, and residual sums are convex under it.
        model => model.Optimizer.WeightDecay == TrainDefaults.WeightDecay(model) ? model with { Optimizer = model.Optimizer with { WeightDecay = -1 } } : model,
        model => model.Residual == TrainDefaults.Residual(model) ? model with { Residual = "" } : model);

    /// <summary>The option, in words.</summary>
    public string Title { get; }

    /// <summary>How a matrix names it among its members.</summary>
    private string Axis { get; }

    /// <summary>A model's value.</summary>
    public Func<TrainDeclaration, double> Value { get; }

    /// <summary>A value as people read it.</summary>
    public Func<double, string> Text { get; }

    /// <summary>
    /// The names of models that differ in this option alone. An option whose default follows this one is the same in two models where it has one value in both, or its default in
    /// both; so a model may be in two families, but a value has one model in each, unless models differ in nothing at all.
    /// </summary>
    public IReadOnlyList<HashSet<string>> Families(IReadOnlyDictionary<string, TrainDeclaration> trained)
    {
        var families = new List<HashSet<string>>();
        for (var marked = (1 << _following.Length) - 1; marked >= 0; marked--)
        {
            foreach (var family in trained.GroupBy(model => Common(model.Value, marked)).Where(family => family.Select(model => Value(model.Value)).Distinct().Count() > 1))
            {
                var names = family.Select(model => model.Key).ToHashSet();
                if (families.Exists(names.IsSubsetOf))
                    continue;
                families.RemoveAll(names.IsSupersetOf);
                families.Add(names);
            }
        }

        return families;
    }

    /// <summary>What models are called together that differ in this option alone: what their names have in common, or all of them.</summary>
    public string NameOf(IReadOnlyList<string> models)
    {
        var names = models.Select(Without).Distinct().ToList();
        return names.Count <= 3 ? string.Join(", ", names) : $"{names[0]} to {names[^1]}";
    }

    /// <summary>What models have in common that differ in this option alone, with marks for the options that follow it and whose bit is set.</summary>
    private string Common(TrainDeclaration model, int marked)
    {
        var common = model;
        for (var i = 0; i < _following.Length; i++)
        {
            if ((marked & (1 << i)) != 0)
                common = _following[i](common);
        }

        return $"{model.Dataset} {Declaration.ToJson(_without(common) with { Defense = DefensePresets.None })}";
    }

    private string Without(string model)
    {
        var parts = model.Split('@', 2);
        var rest = parts.Length < 2 ? [] : parts[1].Split(',').Where(value => !value.StartsWith(Axis + "=", StringComparison.Ordinal)).ToArray();
        return rest.Length == 0 ? parts[0] : $"{parts[0]} {string.Join(' ', rest)}";
    }
}
