using DQPipeline.Declarations;
using DQPipeline.Targets.Caching;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Gates;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Targets.Building;

/// <summary>
/// Decides for each target what is to be done and why, from the declarations, the data's content, dq.lock, the cache and the placed outputs.
/// Changes nothing but what it remembers of files.
/// </summary>
internal sealed class Planner
{
    /// <summary>The part of a key that is the hash of the data's content.</summary>
    public const string DataPart = "data";

    /// <summary>What the version of whatever is measured on CUDA has behind it since it is computed without TF32.</summary>
    private const string Float32Mark = "+float32/1";

    /// <summary>So often is a known result put into its place anew; what was damaged then too is built.</summary>
    private const int MostRelapses = 2;

    private readonly Workspace _workspace;
    private readonly TargetGraph _graph;
    private readonly BuildOptions _options;
    private readonly DataFingerprints _data;
    private readonly OptionsMemory _optionsMemory = new();
    private readonly Dictionary<string, string> _begun;
    private readonly string _threads;
    private readonly CancellationToken _cancellation;

    /// <summary>A planner.</summary>
    /// <param name="workspace">The folder.</param>
    /// <param name="graph">Its targets.</param>
    /// <param name="options">How to build.</param>
    /// <param name="report">Hears of damage.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="asksRemote">Whether a remote cache is asked for what is not here: only where something is to be done about the answer.</param>
    public Planner(Workspace workspace, TargetGraph graph, BuildOptions options, Action<Diagnostic> report, TimeProvider time, CancellationToken cancellation, bool asksRemote = false)
    {
        _workspace = workspace;
        _graph = graph;
        _options = options;
        _cancellation = cancellation;
        _begun = options.TakesUp ? SubmittedJobs.In(workspace).All().SelectMany(submitted => submitted.Keys).DistinctBy(one => one.Key).ToDictionary() : [];
        _threads = EvaluationCell.Number(graph.Pipeline.Threads);
        Lock = LockFile.Read(workspace.LockPath);
        Cache = new(workspace.CacheFolder, report);
        Remote = asksRemote ? RemoteCache.Open(graph.Pipeline.Cache, Cache, options.Environment, report, time, cancellation) : null;
        Files = new(workspace, time);
        _data = new(workspace, Files, time);
    }

    public LockFile Lock { get; }

    public ContentCache Cache { get; }

    /// <summary>The cache that several machines share; null where there is none, or it is not asked.</summary>
    public RemoteCache? Remote { get; }

    public FileHashes Files { get; }

    /// <summary>Decides everything that a build of <paramref name="selected"/> is about, dependencies before dependents.</summary>
    public IReadOnlyList<Node> Plan(IReadOnlyList<Target> selected)
    {
        var targets = _graph.Closure(selected);
        var nodes = new List<Node>(targets.Count);
        var byTarget = new Dictionary<Target, Node>(targets.Count);
        foreach (var target in targets)
        {
            var requires = new Node[target.Requires.Count];
            for (var i = 0; i < requires.Length; i++)
                requires[i] = byTarget[target.Requires[i]];
            var node = new Node(target, requires);
            nodes.Add(node);
            byTarget.Add(target, node);
        }

        foreach (var target in selected)
            byTarget[target].Forced = _options.Force;
        foreach (var target in _options.Fetch.Count > 0 ? _graph.Select(_options.Fetch) : [])
            byTarget[target].Demanded = true;
        foreach (var node in nodes)
            Decide(node);
        DemandInputs(nodes);
        return nodes;
    }

    /// <summary>Decides one target, the ones that it requires being decided or done.</summary>
    public void Decide(Node node)
    {
        (node.Key, node.Parts, node.Record, node.FromCache, node.FromRemote, node.ToPlace, node.Error) = (null, [], null, false, false, [], null);
        (node.Action, node.Reasons) = Judge(node);
        if (node.Action == PlannedAction.None)
            node.Parts = [];
    }

    /// <summary>Whether the outputs of a target whose result stands are in their places.</summary>
    public bool IsHere(Node node) => node.Record is null || node.Record.Outputs.All(output => Files.Holds(OutputPath(node.Target, output), output.Size, output.Sha256));

    /// <summary>
    /// Whether a record is of a target as it is declared, and so are the records of what it was made of, whatever may be said of data, device and method: those may be others, or not to be looked at here.
    /// </summary>
    public bool IsAsDeclared(Target target, LockEntry entry)
    {
        var options = new KeyParts(_optionsMemory);
        target.AddOptions(options);
        options.AddOptions("dataset.", target.Dataset);
        var recorded = entry.Parts.ToDictionary();
        return options.Sorted().All(part => recorded.GetValueOrDefault(part.Key) == part.Value)
            && target.Requires.Where(required => required is ModelTarget).All(required => Lock.Find(required.Id) is { } of && IsAsDeclared(required, of)
                && of.Record.Outputs.All(output => recorded.GetValueOrDefault(target.PartOf(required)) == KeyParts.Text(output.Sha256)));
    }

    /// <summary>The file of a target's output.</summary>
    public string OutputPath(Target target, TargetOutput output) => _workspace.OutputPath(target.Name, output.Name);

    private (PlannedAction Action, IReadOnlyList<string> Reasons) Judge(Node node)
    {
        var target = node.Target;
        var data = _data.Of(target.Dataset, _cancellation);
        if (data.Error is not null)
        {
            node.Error = data.Error;
            return (PlannedAction.Fail, [data.Error.Message]);
        }

        if (data.Absent)
            return (PlannedAction.Skip, [$"its optional data '{target.Dataset.Name}' are absent"]);
        if (Unreadable(target) is { } unreadable)
        {
            node.Error = unreadable;
            return (PlannedAction.Fail, [unreadable.Message]);
        }

        foreach (var required in node.Requires)
        {
            if (!required.HasResult)
                return required.Action is PlannedAction.Run or PlannedAction.Wait ? Wait(node, data) : (PlannedAction.Skip, [$"it needs {required.Target.Id}, which cannot be built"]);
        }

        if (target is PackageTarget package && Obstacle(node, package) is { } obstacle)
            return (PlannedAction.Block, [obstacle]);
        node.Parts = Parts(node, data).Sorted();
        node.Key = KeyParts.Key(target.Kind, node.Parts);
        var entry = Lock.Find(target.Id);
        var recorded = entry is not null && entry.Record.Key == node.Key && target.Accepts(entry.Record);
        var begun = _begun.GetValueOrDefault(target.Id) == node.Key;
        if (!node.Forced && !begun && node.Relapses <= MostRelapses)
        {
            node.Record = recorded ? entry!.Record : FindElsewhere(node, node.Key);
            if (node.Record is not null && CheckOutputs(node, out var missing))
            {
                // Only now, as one without its outputs would pass for one whose outputs nobody needs.
                if (node.FromRemote)
                    Cache.Put(node.Record);
                return recorded ? (missing.Count > 0 ? PlannedAction.Restore : PlannedAction.None, missing) : Locked(node, PlannedAction.Adopt, entry, data);
            }

            if (recorded)
                return (PlannedAction.Run, [.. CannotRestore(node)]);
        }

        node.Record = null;
        return recorded ? (PlannedAction.Run, [node.Forced ? "forced" : begun ? "it is at work already" : "the cache's copy is damaged, again and again"]) : Locked(node, PlannedAction.Run, entry, data);
    }

    /// <summary>What is wrong with a file that a target reads; null where nothing is.</summary>
    private Diagnostic? Unreadable(Target target)
    {
        foreach (var (part, path) in target.InputFiles)
        {
            try
            {
                if (Files.Hash(path, _cancellation) is null)
                    return new(DiagnosticCodes.Weights, $"the {part} of '{target.Name}' are not at {path}; put the file there or correct the path", target.Place);
            }
            catch (Exception e) when (AtomicFile.IsWriteFailure(e))
            {
                return new(DiagnosticCodes.Weights, $"the {part} of '{target.Name}' cannot be read: {e.Message.TrimEnd('.')}", target.Place);
            }
        }

        return null;
    }

    /// <summary>Why the gates do not let a package through; null where they do.</summary>
    private string? Obstacle(Node node, PackageTarget package)
    {
        var cells = node.Requires.Where(required => required.Target is EvaluationCell).ToDictionary(required => required.Target);
        return cells.Count == 0 ? null : GateCheck.Obstacle(_graph, package.Model, cells.Keys.ToHashSet(), cell => cells[cell].Record);
    }

    /// <summary>What changes dq.lock fails in a locked build.</summary>
    private (PlannedAction Action, IReadOnlyList<string> Reasons) Locked(Node node, PlannedAction action, LockEntry? entry, DataState data)
    {
        var reasons = Reasons.Of(node.Target, entry, node.Parts, data);
        if (!_options.Locked)
            return (action, reasons);
        node.Record = null;
        return (PlannedAction.Fail, reasons);
    }

    /// <summary>A target whose key cannot be known yet; what changed besides can.</summary>
    private (PlannedAction Action, IReadOnlyList<string> Reasons) Wait(Node node, DataState data)
    {
        var waits = $"it needs {node.Requires.First(r => !r.HasResult).Target.Id}, which is to be built";
        if (Lock.Find(node.Target.Id) is not { } entry)
            return (PlannedAction.Wait, [Reasons.NeverBuilt]);
        var parts = Parts(node, data, entry.Parts).Sorted();
        return (PlannedAction.Wait, parts.SequenceEqual(entry.Parts) ? [waits] : [.. Reasons.Of(node.Target, entry, parts, data), waits]);
    }

    /// <summary>What the key is made of. Of what is required and not done yet, the part that is <paramref name="recorded"/> stands, where there is one.</summary>
    private KeyParts Parts(Node node, DataState data, IReadOnlyList<KeyValuePair<string, string>>? recorded = null)
    {
        var parts = new KeyParts(_optionsMemory);
        node.Target.AddOptions(parts);
        parts.AddOptions("dataset.", node.Target.Dataset);
        if (data.Hash is not null)
            parts.AddText(DataPart, data.Hash);
        foreach (var (part, path) in node.Target.InputFiles)
            parts.AddText(part, Files.Hash(path, _cancellation) ?? "");
        foreach (var required in node.Requires)
        {
            var name = node.Target.PartOf(required.Target);
            foreach (var output in required.HasResult ? required.Record?.Outputs ?? [] : [])
                parts.AddText(name, output.Sha256);
            // A measurement has no part of its own: a package's "model" is that of the model alone.
            if (!required.HasResult && required.Target is ModelTarget && recorded?.FirstOrDefault(p => p.Key == name).Value is { } before)
                parts.Add(name, before);
        }

        parts.AddText("method", node.Target.Version(_options.Method) + (_options.Device == "cuda" && node.Target is not (TrainTarget or PackageTarget) ? Float32Mark : ""));
        parts.Add("threads", _threads);
        parts.AddText("device", _options.Device);
        return parts;
    }

    private TargetRecord? FindElsewhere(Node node, string key)
    {
        if (Lock.FindByKey(key) is { } renamed && node.Target.Accepts(renamed))
            return renamed;
        var cached = Cache.Find(key);
        if (cached is null && Remote?.Find(key) is { } shared)
            (cached, node.FromRemote) = (shared, true);
        node.FromCache = cached is not null;
        return cached is not null && node.Target.Accepts(cached) ? cached : null;
    }

    /// <summary>
    /// Compares the placed outputs with the record; false where one must be there, is not, and cannot be put back. An output that was never here, as on a clean clone,
    /// need not be.
    /// </summary>
    private bool CheckOutputs(Node node, out IReadOnlyList<string> missing)
    {
        List<string>? words = null;
        List<TargetOutput>? place = null;
        missing = [];
        foreach (var output in node.Record!.Outputs)
        {
            var path = OutputPath(node.Target, output);
            if (Files.Holds(path, output.Size, output.Sha256))
                continue;
            var exists = File.Exists(path);
            var wanted = exists || node.Demanded || node.FromRemote || Files.Remembers(path);
            if (Cache.Has(output) || (wanted && Remote?.Fetch(output) == true))
            {
                (place ??= []).Add(output);
                (words ??= []).Add($"output {output.Name} {(exists ? "changed" : "is missing")}");
            }
            else if (wanted)
            {
                return false;
            }
        }

        (missing, node.ToPlace) = (words ?? missing, place ?? node.ToPlace);
        return true;
    }

    private IEnumerable<string> CannotRestore(Node node) =>
        from output in node.Record?.Outputs ?? []
        let path = OutputPath(node.Target, output)
        where !Files.Holds(path, output.Size, output.Sha256) && !Cache.Has(output)
        select File.Exists(path) ? $"output {output.Name} changed, and the cache has no copy"
            : Files.Remembers(path) ? $"output {output.Name} is missing, and the cache has no copy"
            : $"output {output.Name} is needed, and is not here";

    /// <summary>What runs reads the outputs of what it requires: they must be here, or be made again.</summary>
    private void DemandInputs(IReadOnlyList<Node> nodes)
    {
        var rerun = false;
        for (var i = nodes.Count - 1; i >= 0; i--)
        {
            if (nodes[i].Action != PlannedAction.Run)
                continue;
            foreach (var required in nodes[i].Requires)
            {
                if (required.Demanded)
                    continue;
                required.Demanded = true;
                if (!required.HasResult)
                    continue;
                Decide(required);
                rerun |= required.Action == PlannedAction.Run;
            }
        }

        if (!rerun)
            return;
        foreach (var node in nodes)
        {
            if (node.Requires.Any(r => r.Action is PlannedAction.Run or PlannedAction.Wait))
                Decide(node);
        }
    }
}
