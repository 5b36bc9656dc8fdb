using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Building;

/// <summary>Says in words why a target is stale, by comparing what its key is made of now with what dq.lock says it was made of.</summary>
internal static class Reasons
{
    public const string NeverBuilt = "never built";

    /// <summary>What changed; "never built" where nothing is recorded. Both lists of parts are sorted.</summary>
    public static IReadOnlyList<string> Of(Target target, LockEntry? entry, IReadOnlyList<KeyValuePair<string, string>> now, DataState data)
    {
        if (entry is null)
            return [NeverBuilt];
        var words = new List<string>();
        var before = entry.Parts;
        for (int i = 0, j = 0; i < before.Count || j < now.Count;)
        {
            var order = i == before.Count ? 1 : j == now.Count ? -1 : string.CompareOrdinal(before[i].Key, now[j].Key);
            if (order < 0)
                words.Add(Gone(before[i++]));
            else if (order > 0)
                words.Add(Added(now[j++]));
            else if (before[i++].Value is var old && now[j++] is var (name, value) && old != value)
                words.Add(Changed(target, name, Plain(old), Plain(value), data));
        }

        // The key is the judge; the words may have been edited, or not merged with it.
        return words.Count > 0 ? words : ["its recorded key differs"];
    }

    private static string Gone(KeyValuePair<string, string> part) =>
        ModelsTarget.ModelOf(part.Key) is { } model ? $"the model '{model}' is read no longer" : $"{part.Key}: {Plain(part.Value)} → not set";

    private static string Added(KeyValuePair<string, string> part) =>
        ModelsTarget.ModelOf(part.Key) is { } model ? $"the model '{model}' is new to it" : $"{part.Key}: not set → {Plain(part.Value)}";

    private static string Changed(Target target, string name, string old, string value, DataState data) => name switch
    {
        "data" => data.Describe(old) is { } files ? $"the data of '{target.Dataset.Name}': {files}" : $"the data of '{target.Dataset.Name}' changed",
        "weights" => (target as TrainTarget)?.Start is { } start ? $"the model '{start.Name}', from which it starts, changed" : "the file of weights to start from changed",
        "model" => $"the model '{(target as EvaluationCell)?.Model.Name ?? (target as QuantizeTarget)?.Trained.Name ?? (target as PackageTarget)?.Model.Name}' changed",
        "trained" => $"the trained model '{(target as EvaluationCell)?.MadeOn?.Name}' changed",
        "substitute" => $"the substitute '{(target as EvaluationCell)?.Substitute?.Name}' changed",
        "method" => $"the method's version: {old} → {value}",
        _ => ModelsTarget.ModelOf(name) is { } model ? $"the model '{model}' changed" : $"{name}: {old} → {value}",
    };

    private static string Plain(string json) => json is ['"', .., '"'] ? json[1..^1] : json;
}
