namespace DQPipeline.Targets.Verdicts;

/// <summary>Tells equal names apart: the second <c>a</c> is <c>a (2)</c>.</summary>
internal sealed class Occurrences
{
    private readonly Dictionary<string, int> _seen = [];

    public string Next(string name)
    {
        var count = _seen[name] = _seen.GetValueOrDefault(name) + 1;
        return count == 1 ? name : FormattableString.Invariant($"{name} ({count})");
    }
}
