using System.Text.Json;

namespace DQPipeline.Results;

/// <summary>What results.json says of the page: its sections, the paper's figures, and the comparisons that are to be made. It holds no figure of ours.</summary>
/// <param name="Text">What stands at the page's head.</param>
/// <param name="Machine">Where and when our figures were measured, which lock files do not tell.</param>
/// <param name="Sections">The sections.</param>
internal sealed record Experiments(string Text, string Machine, IReadOnlyList<Section> Sections)
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>
    /// Models that are not the ones which a lock file has by now, and on which measurements of the page were made all the same, by their SHA-256: each with why it may stand for the one that has its place. What was
    /// measured on any other former model is left out.
    /// </summary>
    public IReadOnlyDictionary<string, string> Former { get; init; } = new Dictionary<string, string>();

    public static Experiments Read(string path) => JsonSerializer.Deserialize<Experiments>(File.ReadAllBytes(path), s_options)!;
}

/// <summary>A section: what one target of a dq.json found.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Of">The target: an evaluation, a distance, or a set of samples.</param>
/// <param name="Text">What was done, and at which scale.</param>
internal sealed record Section(string Title, string Of, string Text)
{
    /// <summary>The folder of the dq.json, beside results.json; empty for its own.</summary>
    public string Folder { get; init; } = "";

    /// <summary>The paper's accuracies in percent by <c>MODEL/clean</c>, <c>MODEL/ATTACK@ε</c> or <c>MODEL/black-box/ATTACK@ε</c>.</summary>
    public IReadOnlyDictionary<string, double> Paper { get; init; } = new Dictionary<string, double>();

    /// <summary>The attack against which clean accuracy is drawn, <c>worst@2</c>; empty for no drawing.</summary>
    public string Frontier { get; init; } = "";

    /// <summary>The comparisons.</summary>
    public IReadOnlyList<Comparison> Comparisons { get; init; } = [];
}

/// <summary>A claim that one measurement is above another of the same images, which the page holds against both.</summary>
/// <param name="Claim">The claim in words: <c>Vanilla quantization to 4 bits is less robust than full precision</c>.</param>
/// <param name="More">The measurement that is to be above, as the paper's figures name it; a <c>*</c> stands for each seed.</param>
/// <param name="Than">The measurement that is to be below, with as many <c>*</c>.</param>
internal sealed record Comparison(string Claim, string More, string Than)
{
    /// <summary>By how many percentage points at least; negative for at most so many below.</summary>
    public double By { get; init; }
}
