using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;

namespace DQPipeline.Targets.Graph;

/// <summary>
/// A target that shows the same test images to several models and writes files about it. Its files name the models, so their names are in its key, as nowhere else.
/// </summary>
public abstract class ModelsTarget : Target
{
    private const string ModelPart = "model.";

    private protected ModelsTarget(string kind, string name, SourcePlace place, IReadOnlyList<TrainTarget> models)
        : base(kind, $"{kind}/{name}", name, place, DatasetOf(kind, name, place, models), models) => Models = models;

    /// <summary>The models, in the order in which the files have them.</summary>
    public IReadOnlyList<TrainTarget> Models { get; }

    /// <summary>What dq.json says, the models by their own names.</summary>
    private protected abstract object Options { get; }

    internal override IEnumerable<string> Names => [Name];

    internal override bool Matches(string selector) => selector == Name || selector == Id;

    internal override string PartOf(Target required) => ModelPart + required.Name;

    internal override string Version(MethodVersions versions) => versions.Evaluate;

    internal override void AddOptions(KeyParts parts) => parts.AddOptions("", Options);

    /// <summary>The model that a part of a key is about; null where it is about something else.</summary>
    internal static string? ModelOf(string part) => part.StartsWith(ModelPart, StringComparison.Ordinal) ? part[ModelPart.Length..] : null;

    private static DatasetDeclaration DatasetOf(string kind, string name, SourcePlace place, IReadOnlyList<TrainTarget> models) =>
        models.Count > 0 && models.All(m => m.Dataset == models[0].Dataset) ? models[0].Dataset
            : throw new DqException(DiagnosticCodes.OutOfRange, $"{kind} '{name}' needs models, all of them trained on one data set", place);
}
