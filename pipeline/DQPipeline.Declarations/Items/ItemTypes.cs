using DQPipeline.Declarations.Shapes;

namespace DQPipeline.Declarations.Items;

/// <summary>Which MSBuild items there are, what each declares, and what its metadata are called. Made of the shapes that read dq.json, so that it lacks none of their options.</summary>
public static class ItemTypes
{
    /// <summary>The pseudo-item of the pipeline's own values, which MSBuild writes as the properties DqSeed and DqThreads.</summary>
    public const string Pipeline = "Dq";

    /// <summary>A matrix over the options of a DqTrain: each metadata value is a list of alternatives.</summary>
    internal const string Matrix = "DqMatrix";

    /// <summary>Separates the items of a list.</summary>
    internal const char Separator = ';';

    /// <summary>Separates the items of a list within a matrix, whose alternatives <see cref="Separator"/> separates.</summary>
    internal const char InnerSeparator = ',';

    /// <summary>Items that are entries of a section.</summary>
    internal static readonly IReadOnlyList<EntryType> Entries =
    [
        new("DqDataset", "datasets", Declared.Datasets),
        new("DqTrain", "train", [Declared.Train]),
        new("DqQuantize", "quantize", [Declared.Quantize]),
        new("DqEvaluate", "evaluate", [Declared.Evaluate]),
        new("DqDistance", "distance", [Declared.Distance]),
        new("DqCertify", "certify", [Declared.Certify]),
        new("DqSamples", "samples", [Declared.Samples]),
        new("DqPackage", "package", [Declared.Package]),
        new("DqReport", "report", [Declared.Report]),
    ];

    /// <summary>Items that join a list of an entry, whose name they include.</summary>
    internal static readonly IReadOnlyList<PartType> Parts =
    [
        new("DqAttack", "evaluate", "attacks", Declared.Attack),
        new("DqGate", "evaluate", "gates", Declared.Gate),
    ];

    /// <summary>The types of all items, as the targets file collects them.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Entries.Select(type => type.Name), Matrix, .. Parts.Select(type => type.Name)];

    /// <summary>How an option is called as metadata: <c>lipschitz.beta</c> is LipschitzBeta.</summary>
    internal static string MetadataName(string path) => string.Concat(path.Split('.').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));

    /// <summary>The options of a declaration that a text can hold, by the names of their metadata, which MSBuild compares without regard to case.</summary>
    internal static Dictionary<string, TextOption> Options(IEnumerable<Shape> shapes)
    {
        var options = new Dictionary<string, TextOption>(StringComparer.OrdinalIgnoreCase);
        foreach (var option in shapes.SelectMany(shape => shape.Fields).SelectMany(field => field.TextOptions("")))
            options.TryAdd(MetadataName(option.Path), option);
        return options;
    }
}

/// <summary>An item that is an entry of a section.</summary>
/// <param name="Name">The item's type.</param>
/// <param name="Section">The section of dq.json.</param>
/// <param name="Shapes">What an entry may be; several where its kind decides.</param>
internal sealed record EntryType(string Name, string Section, IReadOnlyList<Shape> Shapes)
{
    /// <summary>By the names of their metadata.</summary>
    public Dictionary<string, TextOption> Options { get; } = ItemTypes.Options(Shapes);
}

/// <summary>An item that joins a list of an entry.</summary>
/// <param name="Name">The item's type.</param>
/// <param name="Section">The section of dq.json that the entry stands in.</param>
/// <param name="List">The entry's key.</param>
/// <param name="Shape">What an item of the list is.</param>
internal sealed record PartType(string Name, string Section, string List, Shape Shape)
{
    /// <summary>By the names of their metadata.</summary>
    public Dictionary<string, TextOption> Options { get; } = ItemTypes.Options([Shape]);
}
