using DQPipeline.Declarations;

namespace DQPipeline.Targets.Graph;

/// <summary>Everything that a pipeline builds, dependencies before dependents.</summary>
public sealed partial class TargetGraph
{
    private readonly Dictionary<string, Target> _byId = [];
    private readonly List<Target> _targets = [];
    private readonly List<Report> _reports = [];
    private readonly Dictionary<string, List<ModelTarget>> _models = [];
    private readonly Dictionary<ModelTarget, List<EvaluationCell>> _cells = [];

    private TargetGraph(PipelineDeclaration pipeline) => Pipeline = pipeline;

    /// <summary>The declarations that it was made of.</summary>
    public PipelineDeclaration Pipeline { get; }

    /// <summary>Every target, dependencies before dependents, else in the order of dq.json.</summary>
    public IReadOnlyList<Target> Targets => _targets;

    /// <summary>The reports, in the order of dq.json.</summary>
    public IReadOnlyList<Report> Reports => _reports;

    /// <summary>
    /// The graph of a pipeline: a target for each model, trained or integer, for each evaluation one for each model × attack × ε besides the clean one, and one for each
    /// distance, each certificate, each set of samples and each package.
    /// </summary>
    /// <exception cref="DqException">DQ1005 a name that nothing declares; DQ1006 models that start from one another; DQ1007 two measurements with one name.</exception>
    public static TargetGraph Create(PipelineDeclaration pipeline)
    {
        var graph = new TargetGraph(pipeline);
        var models = new ModelsByName();
        foreach (var train in InOrder(pipeline.Train))
        {
            if (!pipeline.Datasets.TryGetValue(train.Dataset, out var dataset))
                throw Suggestion.Unknown($"train '{train.Name}' needs the data set", train.Dataset, pipeline.Datasets.Keys, train.Place);
            var target = new TrainTarget(train, dataset, train.Weights.From.Length > 0 ? models.OneTrained($"train '{train.Name}' starts from the model", train.Weights.From, train.Place) : null);
            graph.Add(target);
            models.Add(target);
        }

        foreach (var quantize in pipeline.Quantize.Values)
        {
            var target = new QuantizeTarget(quantize, models.OneTrained($"quantize '{quantize.Name}' needs the model", quantize.Model, quantize.Place));
            graph.Add(target);
            models.Add(target);
        }

        foreach (var evaluation in pipeline.Evaluate.Values)
        {
            var attacks = Attacks(evaluation, models);
            foreach (var model in models.All($"evaluate '{evaluation.Name}' needs the model", evaluation.Models, evaluation.Place))
                graph.AddCells(evaluation, model, attacks);
        }

        foreach (var distance in pipeline.Distance.Values)
            graph.Add(new DistanceTarget(distance, [.. models.Trained($"distance '{distance.Name}' needs the trained model", distance.Models, distance.Place)]));
        foreach (var certify in pipeline.Certify.Values)
            graph.Add(new CertifyTarget(certify, [.. models.Trained($"certify '{certify.Name}' needs the trained model", certify.Models, certify.Place)]));
        foreach (var samples in pipeline.Samples.Values)
            graph.Add(new SamplesTarget(samples, [.. models.Trained($"samples '{samples.Name}' needs the trained model", samples.Models, samples.Place)]));
        foreach (var package in pipeline.Package.Values)
        {
            var model = models.One($"package '{package.Name}' needs the model", package.Model, package.Place);
            graph.Add(new PackageTarget(package, model, graph.GatedCells(model)));
        }

        foreach (var report in pipeline.Report.Values)
            graph._reports.Add(new(report, graph.Chosen(report.Of, $"report '{report.Name}' is of", report.Place)));
        return graph;
    }

    /// <summary>The target of this id; null where there is none.</summary>
    public Target? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>
    /// The targets that names mean: a model (<c>dq</c>), a matrix, an evaluation (<c>robustness</c>), its part on a model (<c>robustness/dq</c>), under an attack
    /// (<c>robustness/dq/pgd</c>, <c>robustness/dq/black-box/pgd</c>), one measurement (<c>robustness/dq/pgd@8</c>), a distance, a certificate or a set of samples, each with or without its kind before it (<c>train/dq</c>);
    /// a report means what it is about. No name means everything.
    /// </summary>
    /// <returns>The targets meant, without what they depend on, in the order of <see cref="Targets"/>.</returns>
    /// <exception cref="DqException">DQ1005: a name means nothing.</exception>
    public IReadOnlyList<Target> Select(IReadOnlyList<string> names) => Chosen(names, "there is no target", place: null);

    /// <summary>The names that <see cref="Select"/> takes and that begin with a text, no further than to the slash after it: what can be typed next.</summary>
    public IReadOnlyList<string> Selectors(string start) =>
    [
        .. _targets.SelectMany(target => target.Names).Concat(_reports.Select(report => report.Name))
            .Where(name => name.StartsWith(start, StringComparison.Ordinal))
            .Select(name => name.IndexOf('/', start.Length) is >= 0 and var slash ? name[..slash] : name)
            .Distinct(),
    ];

    private IReadOnlyList<Target> Chosen(IReadOnlyList<string> names, string complaint, SourcePlace? place)
    {
        if (names.Count == 0)
            return _targets;
        var chosen = new HashSet<Target>();
        foreach (var name in names)
        {
            var matches = _reports.Find(report => report.Matches(name))?.Targets ?? _targets.FindAll(t => t.Matches(name));
            if (matches.Count == 0)
                throw Suggestion.Unknown(complaint, name, _targets.SelectMany(t => t.Names).Concat(_reports.Select(report => report.Name)), place);
            chosen.UnionWith(matches);
        }

        return _targets.FindAll(chosen.Contains);
    }

    /// <summary>The given targets and all that they depend on, in the order of <see cref="Targets"/>.</summary>
    public IReadOnlyList<Target> Closure(IReadOnlyList<Target> targets)
    {
        if (ReferenceEquals(targets, _targets))
            return _targets;
        var needed = new HashSet<Target>();
        var open = new Stack<Target>(targets);
        while (open.TryPop(out var target))
        {
            if (!needed.Add(target))
                continue;
            foreach (var required in target.Requires)
                open.Push(required);
        }

        return _targets.FindAll(needed.Contains);
    }

    /// <summary>The models of an evaluation or gate by name: one, or the members of a matrix; none where nothing is called so.</summary>
    internal IReadOnlyList<ModelTarget> ModelsCalled(string name) => _models.GetValueOrDefault(name) ?? [];

    private void Add(Target target)
    {
        if (!_byId.TryAdd(target.Id, target))
            throw new DqException(DiagnosticCodes.Duplicate, $"{target.Id} is declared twice; give the two different names", target.Place);
        _targets.Add(target);
        if (target is EvaluationCell cell)
            Enter(_cells, cell.Model, cell);
        if (target is not ModelTarget model)
            return;
        Enter(_models, model.Name, model);
        if (model.Group != model.Name)
            Enter(_models, model.Group, model);
    }

    private static void Enter<TKey, TValue>(Dictionary<TKey, List<TValue>> index, TKey key, TValue value)
        where TKey : notnull
    {
        if (!index.TryGetValue(key, out var values))
            index.Add(key, values = []);
        values.Add(value);
    }
}
