using DQPipeline.Declarations;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Targets.Verdicts;

/// <summary>What there is to say of a packaged model, the same to people and to programs.</summary>
/// <param name="Package">The package.</param>
/// <param name="Files">Its record, which has its key and files.</param>
/// <param name="Model">What dq.lock says of the model in it.</param>
/// <param name="Trained">What dq.lock says of the training that the model comes from.</param>
internal sealed record ModelCard(PackageTarget Package, TargetRecord Files, LockEntry Model, LockEntry Trained)
{
    /// <summary>What the package says of its model; null where it says nothing.</summary>
    public PackageInfo? Info { get; init; }

    /// <summary>The current measurements of the model in the order of the declarations, and the worst cases that follow from them.</summary>
    public IReadOnlyList<MetricRecord> Metrics { get; init; } = [];

    /// <summary>The targets of those that are no worst case.</summary>
    public IReadOnlyList<EvaluationCell> Measured { get; init; } = [];

    /// <summary>Declared measurements that were not made of the model as it is.</summary>
    public IReadOnlyList<EvaluationCell> Unmeasured { get; init; } = [];

    /// <summary>The gates on the model, and on the trained one that it was made of.</summary>
    public IReadOnlyList<GateResult> Gates { get; init; } = [];

    /// <summary>The attacks that were made, by evaluation and name, each with its options: what an accuracy is worth depends on them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Attacks =>
        [.. Measured.Where(cell => cell.Attack is not null).Select(cell => KeyValuePair.Create($"{cell.Name}/{cell.AttackName}", OptionsOf(cell.Attack!))).Distinct()];

    public TrainDeclaration Training => Package.Model.Trained.Declaration;

    /// <summary>The making of the integer model; null where the trained one is packaged.</summary>
    public QuantizeDeclaration? Quantization => (Package.Model as QuantizeTarget)?.Declaration;

    public string Family => NetworkNames.HasResidualSums(Training.Network) ? "residual neural network" : "convolutional neural network";

    /// <summary>The trained models from which the model comes, the nearest first, each with its record: the one that an integer model was made of, and those with whose weights trainings began.</summary>
    public IReadOnlyList<(TrainTarget Model, TargetRecord Record)> Ancestors { get; init; } = [];

    /// <summary>What was made of what.</summary>
    public string Origin => (Quantization is null
        ? $"the trained model {Training.Name}, in float arithmetic"
        : $"the integer model {Package.Model.Name}, made of the trained model {Training.Name}")
        + string.Concat(Ancestors.Where(ancestor => ancestor.Model != Package.Model.Trained).Select(ancestor => $", which began with the weights of {ancestor.Model.Name}, trained on {ancestor.Model.Dataset.Kind}"));

    /// <summary>What it takes.</summary>
    public string Input
    {
        get
        {
            var type = Quantization?.Input == "uint8" ? "bytes" : "float32 in [0, 1]";
            return Info is { } info ? FormattableString.Invariant($"image, {info.Channels}×{info.Height}×{info.Width}, {type}") : $"image, {type}";
        }
    }

    /// <summary>What it tells.</summary>
    public string Output => Info is { } info ? FormattableString.Invariant($"scores of {info.Labels.Count} classes: {string.Join(", ", info.Labels)}") : "scores of the classes";

    /// <summary>What kind of data it is, and which of it served what.</summary>
    public string DataUse => Package.Dataset.Validation > 0
        ? FormattableString.Invariant($"{Package.Dataset.Kind}; trained on its training images less {Package.Dataset.Validation}, on which everything was measured")
        : $"{Package.Dataset.Kind}; trained on its training images, measured on its test images";

    private static string OptionsOf(AttackDeclaration attack) =>
        string.Join(", ", Declaration.Options(attack).Select(option => $"{option.Key} {CardValue.Of(option.Value)}"));
}
