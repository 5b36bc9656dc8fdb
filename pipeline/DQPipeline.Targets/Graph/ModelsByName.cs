using DQPipeline.Declarations;

namespace DQPipeline.Targets.Graph;

/// <summary>The models of a graph by their names and by those of their matrices.</summary>
internal sealed class ModelsByName
{
    private readonly Dictionary<string, List<ModelTarget>> _members = [];

    /// <summary>Takes a model in.</summary>
    public void Add(ModelTarget model)
    {
        AddUnder(model.Name, model);
        if (model.Group != model.Name)
            AddUnder(model.Group, model);
    }

    /// <summary>The models that names stand for, each once.</summary>
    /// <param name="need">Says who needs them, for errors: "evaluate 'robustness' needs the model".</param>
    /// <param name="names">The names.</param>
    /// <param name="place">Where they stand.</param>
    /// <exception cref="DqException">DQ1005: a name stands for nothing.</exception>
    public IEnumerable<ModelTarget> All(string need, IReadOnlyList<string> names, SourcePlace place)
    {
        var seen = new HashSet<ModelTarget>();
        foreach (var name in names)
        {
            foreach (var member in Called(need, name, place).Where(seen.Add))
                yield return member;
        }
    }

    /// <summary>As <see cref="All"/>, but trained models only.</summary>
    /// <exception cref="DqException">DQ1005: a name stands for nothing, or for an integer model.</exception>
    public IEnumerable<TrainTarget> Trained(string need, IReadOnlyList<string> names, SourcePlace place)
    {
        foreach (var model in All(need, names, place))
            yield return model as TrainTarget ?? throw Suggestion.Unknown(need, model.Name, TrainedNames(), place);
    }

    /// <summary>The one model that a name stands for.</summary>
    /// <exception cref="DqException">DQ1005: it stands for nothing; DQ1004: it stands for several.</exception>
    public ModelTarget One(string need, string name, SourcePlace place) => Single([.. All(need, [name], place)], need, name, place);

    /// <summary>The one trained model that a name stands for.</summary>
    /// <exception cref="DqException">DQ1005: it stands for nothing or for an integer model; DQ1004: it stands for several.</exception>
    public TrainTarget OneTrained(string need, string name, SourcePlace place) => Single([.. Trained(need, [name], place)], need, name, place);

    private static T Single<T>(List<T> members, string need, string name, SourcePlace place) => members.Count == 1 ? members[0]
        : throw new DqException(DiagnosticCodes.OutOfRange, $"{need} '{name}', which stands for {members.Count} models; name one of them", place);

    private List<ModelTarget> Called(string need, string name, SourcePlace place) =>
        _members.TryGetValue(name, out var members) ? members : throw Suggestion.Unknown(need, name, _members.Keys, place);

    private IEnumerable<string> TrainedNames() => _members.Where(pair => pair.Value[0] is TrainTarget).Select(pair => pair.Key);

    private void AddUnder(string name, ModelTarget model)
    {
        if (_members.TryGetValue(name, out var members))
            members.Add(model);
        else
            _members.Add(name, [model]);
    }
}
