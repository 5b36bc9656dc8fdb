using DQPipeline.Declarations;

namespace DQPipeline.Targets.Building;

/// <summary>Why targets were skipped, by root cause: one warning (DQ6006) a cause, and not one a target.</summary>
internal sealed class SkipCauses
{
    private readonly Dictionary<Node, string> _causeOf = [];
    private readonly Dictionary<string, List<string>> _targets = [];
    private readonly HashSet<Node> _optional = [];

    /// <summary>The target's own data are optional and absent.</summary>
    public void Optional(Node node)
    {
        var dataset = node.Target.Dataset;
        var where = dataset is StoredDatasetDeclaration stored ? $" ({stored.Path})" : "";
        Add(node, $"the optional data '{dataset.Name}' are absent{where}");
        _ = _optional.Add(node);
    }

    /// <summary>The target's model does not pass a gate.</summary>
    public void Blocked(Node node, string cause) => Add(node, cause);

    /// <summary>The target was skipped because of another, which was skipped itself or failed.</summary>
    public void Inherit(Node node, Node from)
    {
        Add(node, _causeOf.GetValueOrDefault(from, $"{from.Target.Id} failed"));
        if (_optional.Contains(from))
            _ = _optional.Add(node);
    }

    /// <summary>Whether only absent optional data are to blame.</summary>
    public bool IsOptional(Node node) => _optional.Contains(node);

    public IEnumerable<Diagnostic> Warnings()
    {
        foreach (var (cause, targets) in _targets)
        {
            var names = string.Join(", ", targets.Take(3)) + (targets.Count > 3 ? $" and {targets.Count - 3} more" : "");
            yield return new(DiagnosticCodes.Skipped, $"skipped {names}: {cause}", Severity: Severity.Warning);
        }
    }

    private void Add(Node node, string cause)
    {
        _causeOf[node] = cause;
        if (_targets.TryGetValue(cause, out var targets))
            targets.Add(node.Target.Id);
        else
            _targets.Add(cause, [node.Target.Id]);
    }
}
