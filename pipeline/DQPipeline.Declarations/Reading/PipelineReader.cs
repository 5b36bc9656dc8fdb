using DQPipeline.Declarations.Json;
using DQPipeline.Declarations.Shapes;

namespace DQPipeline.Declarations.Reading;

/// <summary>Reads the sections of dq.json into records and checks what one entry says of another.</summary>
internal sealed partial class PipelineReader(PipelineDeclaration root, string folder, Func<string, string?> environment, ReadContext context)
{
    private readonly Dictionary<string, DatasetDeclaration> _datasets = [];
    private readonly Dictionary<string, TrainDeclaration> _train = [];
    private readonly Dictionary<string, EvaluateDeclaration> _evaluate = [];

    /// <summary>Entries that were declared but not read without complaint: naming them is no second mistake.</summary>
    private readonly HashSet<string> _broken = [];

    private bool _usesEnvironment;

    public PipelineDeclaration Read(SourceNode file)
    {
        foreach (var name in NamesOf(file, "datasets"))
            _broken.Add($"datasets.{name}");
        foreach (var name in NamesOf(file, "train"))
            _broken.Add($"train.{name}");
        ReadEntries(new Entries("datasets", context).Read(file), ReadDataset);
        ReadEntries(new Entries("train", context).Read(file), ReadTrain);
        _integers.UnionWith(NamesOf(file, "quantize"));
        ResolveStarts();
        ReadEntries(new Entries("quantize", context).Read(file), ReadQuantize);
        // Only now: a model that is to be quantized is none of these.
        foreach (var name in _integers)
            _broken.Add($"train.{name}");
        ReadEntries(new Entries("evaluate", context).Read(file), ReadEvaluate);
        ReadEntries(new Entries("distance", context).Read(file), ReadDistance);
        ReadEntries(new Entries("certify", context).Read(file), ReadCertify);
        ReadEntries(new Entries("samples", context).Read(file), ReadSamples);
        ReadEntries(new Entries("package", context).Read(file), ReadPackage);
        ReadEntries(new Entries("report", context).Read(file), ReadReport);
        return root with
        {
            Cache = ReadCache(file["cache"]),
            UsesEnvironment = _usesEnvironment,
            Datasets = _datasets,
            Train = _train,
            Quantize = _quantize,
            Evaluate = _evaluate,
            Distance = _distance,
            Certify = _certify,
            Samples = _samples,
            Package = _package,
            Report = _report,
        };
    }

    /// <summary>Its address, which has no part in any result, and whether what is demanded can be met.</summary>
    private CacheDeclaration ReadCache(SourceNode? node)
    {
        var cache = root.Cache;
        if (node is null)
            return cache;
        var remote = PathVariables.Expand(cache.Remote, environment, out var missing);
        if (missing is not null)
            context.Complain(DiagnosticCodes.EnvironmentMissing, $"the environment variable {missing} is not set; set it, or write ${{{missing}:-}} for no remote cache then", node.Place);
        if (!Uri.TryCreate(remote, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            remote = Absolute(remote, node["remote"] ?? node);
        else if (address.UserInfo.Length > 0)
            context.Complain(DiagnosticCodes.OutOfRange, "\"remote\": credentials do not belong here; set DQ_CACHE_USER and DQ_CACHE_PASSWORD, or DQ_CACHE_TOKEN, in the environment", node.Place);
        if (cache.Trust == CacheDeclaration.Signed && cache.Keys.Count == 0)
            context.Complain(DiagnosticCodes.OutOfRange, "\"trust\": signed results need \"keys\" to be held against; `dq cache key` makes a pair", node.Place);
        return cache with { Remote = remote };
    }

    private static IEnumerable<string> NamesOf(SourceNode file, string section) => file[section]?.Members.Select(member => member.Name) ?? [];

    private static void ReadEntries(List<Entry> entries, Action<Entry> read)
    {
        foreach (var entry in entries)
            read(entry);
    }

    private void ReadDataset(Entry entry)
    {
        var before = context.Diagnostics.Count;
        var dataset = Declaration.ReadDataset(entry.Options, context, root.Seed);
        if (dataset is StoredDatasetDeclaration stored && context.Diagnostics.Count == before)
            dataset = WithPath(stored, entry.Options["path"]!);
        if (dataset is not null && context.Diagnostics.Count == before)
            _datasets[entry.Name] = dataset with { Name = entry.Name, Place = entry.Place };
    }

    private StoredDatasetDeclaration WithPath(StoredDatasetDeclaration dataset, SourceNode node) => dataset with { Path = Expanded(dataset.Path, node, dataset.Optional) };

    /// <summary>A path, absolute and with its variables replaced.</summary>
    private string Expanded(string written, SourceNode node, bool optional)
    {
        _usesEnvironment |= written.Contains("${", StringComparison.Ordinal);
        var path = PathVariables.Expand(written, environment, out var missing);
        if (missing is not null && !optional)
        {
            context.Complain(
                DiagnosticCodes.EnvironmentMissing, $"the environment variable {missing} is not set; set it, or write ${{{missing}:-default}}", node.Place);
        }

        return Absolute(path, node);
    }

    /// <summary>A path from the folder of the file; empty where there is none, or none that can be.</summary>
    private string Absolute(string path, SourceNode node)
    {
        if (!path.Contains('\0', StringComparison.Ordinal))
            return path.Length == 0 ? "" : Path.GetFullPath(path, folder);
        context.Complain(DiagnosticCodes.OutOfRange, "the name of a file or folder has a NUL character, which no system can have; remove \\u0000", node.Place);
        return "";
    }

    private void ReadTrain(Entry entry)
    {
        if (IsTaken(entry, "a model"))
            return;
        var before = context.Diagnostics.Count;
        // A word's defaults come before what is written, wherever the word stands.
        var start = DefensePresets.With(new TrainDeclaration { Seed = root.Seed }, entry.Options["defense"] is { Kind: NodeKind.Text } defense ? defense.Text : DefensePresets.None);
        var train = Declared.Train.Read(entry.Options, context, start) with { Name = entry.Name, Group = entry.Group, Place = entry.Place };
        if (context.Diagnostics.Count > before)
            return;
        if (!_datasets.TryGetValue(train.Dataset, out var dataset))
        {
            Unknown("data set", train.Dataset, "datasets", _datasets.Keys, entry.Options["dataset"]!.Place);
            return;
        }

        if (LayerList.IsList(train.Network) && dataset.Side is { } side)
        {
            LayerList.Read(LayerList.Texts(train.Network), side, out var fault);
            if (fault is not null)
                Declared.Network.Complain(fault, entry.Options["network"]!, context);
        }

        if (entry.Options["residual"] is not { } residual)
            train = train with { Residual = TrainDefaults.Residual(train) };
        else if (train.Residual == "convex" && !NetworkNames.HasResidualSums(train.Network))
            context.Complain(DiagnosticCodes.OutOfRange, $"\"residual\": {(LayerList.IsList(train.Network) ? "the network" : train.Network)} has no residual sums that could be convex; remove the key, or use resnet-18, wrn-D-K or layers with a block", residual.Place);
        // Which of them go with the word depends on bits that are known only now.
        if (train.Defense == DefensePresets.Plus && entry.Options["activation"]?["kind"] is null)
            train = train with { Activation = train.Activation with { Kind = DefensePresets.PlusActivation(train.Activation.Bits) } };
        if (train.Defense == DefensePresets.Plus && entry.Options["adversarial"]?["epsilon"] is null)
            train = train with { Adversarial = train.Adversarial with { Epsilon = DefensePresets.PlusEpsilon(train.Activation.Bits) } };
        if (train.Weights.Mean.Count != train.Weights.Std.Count)
            context.Complain(DiagnosticCodes.OutOfRange, "\"weights\": \"mean\" and \"std\" have one number for each channel, both of them", entry.Options["weights"]!.Place);
        if (train.Weights.IsActive)
            train = train with { Weights = Start(train.Weights, entry) };
        else if (train.Epochs == 0)
            context.Complain(DiagnosticCodes.OutOfRange, "\"epochs\": 0 trains nothing; write 1 or more, or \"weights\" that are to be taken as they are", entry.Options["epochs"]!.Place);
        if (entry.Options["weightBits"] is null)
            train = train with { WeightBits = TrainDefaults.WeightBits(train) };
        // Two shares that are written to come to 1 may come to a little more.
        if (train.Lipschitz.Delay + train.Lipschitz.Warmup > 1 + 1e-9)
        {
            context.Complain(
                DiagnosticCodes.OutOfRange, "\"delay\" and \"warmup\" are shares of one training and should come to 1 at most, or β never reaches its value", entry.Options["lipschitz"]!.Place);
        }

        if (entry.Options["optimizer"]?["weightDecay"] is null)
            train = train with { Optimizer = train.Optimizer with { WeightDecay = TrainDefaults.WeightDecay(train) } };
        if (entry.Options["augment"]?["flip"] is null)
            train = train with { Augment = train.Augment with { Flip = dataset is StoredDatasetDeclaration { MayFlip: true } } };
        _train[entry.Name] = train;
    }

    private void ReadEvaluate(Entry entry)
    {
        if (IsTaken(entry, "an evaluation"))
            return;
        var before = context.Diagnostics.Count;
        var evaluate = Declared.Evaluate.Read(entry.Options, context, new EvaluateDeclaration { Seed = root.Seed }) with { Name = entry.Name, Place = entry.Place };
        CheckAttackNames(evaluate.Attacks, entry.Options["attacks"]);
        if (context.Diagnostics.Count > before)
            return;

        evaluate = WithSubstitutes(evaluate, entry.Options) with { Models = Models(evaluate.Models, entry.Options["models"]!, deployed: true) };
        var gates = new List<GateDeclaration>();
        foreach (var gate in evaluate.Gates)
            gates.AddRange(ExpandGate(evaluate, gate));
        _evaluate[entry.Name] = evaluate with { Gates = gates };
    }

    private void CheckAttackNames(IReadOnlyList<AttackDeclaration> attacks, SourceNode? node)
    {
        // A black-box attack may have the name of the white-box one beside which it stands.
        var (whiteBox, blackBox) = (new HashSet<string>(), new HashSet<string>());
        for (var i = 0; i < attacks.Count; i++)
        {
            var attack = attacks[i];
            var place = i < node!.Items.Count ? node.Items[i].Place : node.Place;
            if (AttackDeclaration.ReservedNames.Contains(attack.Name))
                context.Complain(DiagnosticCodes.Duplicate, $"an attack cannot be called \"{attack.Name}\", which names a measurement of its own; give it another \"name\"", place);
            else if (!(attack.From.Length > 0 ? blackBox : whiteBox).Add(attack.Name))
                context.Complain(DiagnosticCodes.Duplicate, $"two attacks are called \"{attack.Name}\"; give one of them another \"name\"", place);
        }
    }

    /// <summary>The models that a list of names stands for, each once.</summary>
    private List<string> Models(IReadOnlyList<string> names, SourceNode node, bool deployed = false)
    {
        var models = new List<string>();
        for (var i = 0; i < names.Count; i++)
            models.AddRange(Models(names[i], node.Kind == NodeKind.Array ? node.Items[i].Place : node.Place, deployed).Where(model => !models.Contains(model)));
        return models;
    }

    /// <summary>The models that a name stands for: itself, or the members of a matrix. Integer models count only where they are asked for: they have no gradient.</summary>
    private List<string> Models(string name, SourcePlace place, bool deployed = false)
    {
        if (_train.ContainsKey(name) || (deployed && _quantize.ContainsKey(name)))
            return [name];
        var known = _train.Values.Select(train => (train.Name, train.Group)).Concat(deployed ? _quantize.Values.Select(quantize => (quantize.Name, quantize.Group)) : []).ToList();
        var members = known.Where(model => model.Group == name).Select(model => model.Name).ToList();
        if (members.Count == 0 && !deployed && (_quantize.ContainsKey(name) || _integers.Contains(name)))
            context.Complain(DiagnosticCodes.OutOfRange, $"\"{name}\" is an integer model, which has no gradient and no layers to look into; name the trained model that it is made of", place);
        else if (members.Count == 0)
            Unknown("model", name, "train", known.SelectMany(model => new[] { model.Name, model.Group }).Distinct(), place);
        return members;
    }

    private void Unknown(string what, string name, string section, IEnumerable<string> known, SourcePlace place)
    {
        if (!_broken.Contains($"{section}.{name}"))
            context.Complain(DiagnosticCodes.UnknownName, $"no {what} is called \"{name}\"{Spelling.DidYouMean(name, known)}", place);
    }
}
