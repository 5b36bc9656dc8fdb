namespace DQPipeline.Declarations.Items;

/// <summary>An MSBuild item that declares what an entry of dq.json could: <c>&lt;DqTrain Include="dq" Network="vgg-s" LipschitzBeta="1e-3" /&gt;</c>.</summary>
/// <param name="Type">The item's type: one of <see cref="ItemTypes.Names"/>.</param>
/// <param name="Include">Its identity: the name of the entry, or of the one that it belongs to.</param>
/// <param name="File">The file that it stands in, absolute.</param>
/// <param name="Options">Its metadata in any order; an empty value counts as absent, as MSBuild has it.</param>
public sealed record DeclaredItem(string Type, string Include, string File, IReadOnlyList<KeyValuePair<string, string>> Options);
