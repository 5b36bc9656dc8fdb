using DQPipeline.Declarations;

namespace DQPipeline.Targets.Graph;

/// <summary>A target whose result is a model: one that is trained, or the integer model that is made of it.</summary>
public abstract class ModelTarget : Target
{
    private protected ModelTarget(string kind, string name, string group, SourcePlace place, DatasetDeclaration dataset, IReadOnlyList<Target> requires)
        : base(kind, $"{kind}/{name}", name, place, dataset, requires) => Group = group.Length > 0 ? group : name;

    /// <summary>The entry's name in dq.json, which a matrix's members share.</summary>
    public string Group { get; }

    /// <summary>The name of the output that is the model.</summary>
    public abstract string File { get; }

    /// <summary>The trained model on which white-box attacks on this one are made: itself, or the one that it was made of.</summary>
    public abstract TrainTarget Trained { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs => [File];

    internal override string? Matrix => Group != Name ? $"{Kind}/{Group}" : null;

    internal override IEnumerable<string> Names => [Name, Group];

    internal override bool Matches(string selector)
    {
        if (selector == Name || selector == Group || selector == Id)
            return true;
        return selector.Length == Kind.Length + 1 + Group.Length && selector[Kind.Length] == '/'
            && selector.StartsWith(Kind, StringComparison.Ordinal) && selector.EndsWith(Group, StringComparison.Ordinal);
    }
}
