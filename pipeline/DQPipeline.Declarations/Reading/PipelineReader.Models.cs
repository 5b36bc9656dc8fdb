using DQPipeline.Declarations.Json;
using DQPipeline.Declarations.Shapes;

namespace DQPipeline.Declarations.Reading;

/// <summary>What reads trained models besides their accuracy: integer models, substitutes of black-box attacks, distances, certificates, samples, packages; and the pages about it all.</summary>
internal sealed partial class PipelineReader
{
    private readonly Dictionary<string, DistanceDeclaration> _distance = [];
    private readonly Dictionary<string, CertifyDeclaration> _certify = [];
    private readonly Dictionary<string, SamplesDeclaration> _samples = [];

    private readonly Dictionary<string, QuantizeDeclaration> _quantize = [];
    private readonly Dictionary<string, PackageDeclaration> _package = [];
    private readonly Dictionary<string, ReportDeclaration> _report = [];

    /// <summary>The names that "quantize" declares, be their entries right or wrong.</summary>
    private readonly HashSet<string> _integers = [];

    /// <summary>Names that have a folder for files, a matrix's once, and what each names. Case makes no other folder on every system.</summary>
    private readonly Dictionary<string, (string Name, string What)> _owners = new(StringComparer.OrdinalIgnoreCase);

    private void ReadQuantize(Entry entry)
    {
        if (IsTaken(entry, "an integer model"))
            return;
        var before = context.Diagnostics.Count;
        var quantize = Declared.Quantize.Read(entry.Options, context, new QuantizeDeclaration { Seed = root.Seed }) with { Name = entry.Name, Group = entry.Name, Place = entry.Place };
        if (context.Diagnostics.Count > before)
            return;
        foreach (var model in Models(quantize.Model, entry.Options["model"]!.Place))
        {
            var name = NameOf(entry, quantize.Model, model);
            _quantize[name] = quantize with { Name = name, Model = model };
        }
    }

    private void ReadPackage(Entry entry)
    {
        if (IsTaken(entry, "a package"))
            return;
        var before = context.Diagnostics.Count;
        var package = Declared.Package.Read(entry.Options, context, new PackageDeclaration()) with { Name = entry.Name, Group = entry.Name, Place = entry.Place };
        if (context.Diagnostics.Count > before)
            return;
        if (package.Detector.IsActive && !package.Formats.Contains(PackageDeclaration.Mlnet))
            context.Complain(DiagnosticCodes.OutOfRange, $"\"detector\": only the format {PackageDeclaration.Mlnet} holds one; add it to \"formats\", or leave the detector out", entry.Options["detector"]!.Place);
        foreach (var model in Models(package.Model, entry.Options["model"]!.Place, deployed: true))
        {
            var name = NameOf(entry, package.Model, model);
            _package[name] = package with { Name = name, Model = model };
        }
    }

    /// <summary>What is made of a member of a matrix goes by what makes the member differ from the others.</summary>
    private static string NameOf(Entry entry, string asked, string model) => model == asked ? entry.Name : $"{entry.Name}{model[model.IndexOf('@')..]}";

    private void ReadDistance(Entry entry)
    {
        if (IsTaken(entry, "a distance"))
            return;
        var before = context.Diagnostics.Count;
        var distance = Declared.Distance.Read(entry.Options, context, new DistanceDeclaration { Seed = root.Seed }) with { Name = entry.Name, Place = entry.Place };
        if (context.Diagnostics.Count == before)
            _distance[entry.Name] = distance with { Models = ModelsOfOneDataset(distance.Models, entry.Options["models"]!) };
    }

    private void ReadCertify(Entry entry)
    {
        if (IsTaken(entry, "a certificate"))
            return;
        var before = context.Diagnostics.Count;
        var certify = Declared.Certify.Read(entry.Options, context, new CertifyDeclaration { Seed = root.Seed }) with { Name = entry.Name, Place = entry.Place };
        if (context.Diagnostics.Count > before)
            return;
        var node = entry.Options["models"]!;
        var models = ModelsOfOneDataset(certify.Models, node);
        if (models.Find(model => _train[model].Squeeze.IsActive) is { } squeezed)
            context.Complain(DiagnosticCodes.OutOfRange, $"\"models\": \"{squeezed}\" squeezes its images, and what rounds colours has no Lipschitz constant to certify by; leave it out", node.Place);
        _certify[entry.Name] = certify with { Models = models };
    }

    private void ReadSamples(Entry entry)
    {
        if (IsTaken(entry, "a set of samples"))
            return;
        var before = context.Diagnostics.Count;
        var samples = Declared.Samples.Read(entry.Options, context, new SamplesDeclaration { Seed = root.Seed }) with { Name = entry.Name, Place = entry.Place };
        if (context.Diagnostics.Count == before)
            _samples[entry.Name] = samples with { Models = ModelsOfOneDataset(samples.Models, entry.Options["models"]!) };
    }

    private void ReadReport(Entry entry)
    {
        if (IsTaken(entry, "a report"))
            return;
        var before = context.Diagnostics.Count;
        var report = Declared.Report.Read(entry.Options, context, new ReportDeclaration()) with { Name = entry.Name, Place = entry.Place };
        if (context.Diagnostics.Count == before)
            _report[entry.Name] = report;
    }

    /// <summary>Whether an entry has the name of another target, which is then complained about; where it has not, the name is its own from now on.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="what">What it names.</param>
    private bool IsTaken(Entry entry, string what)
    {
        if (_owners.TryAdd(entry.Group, (entry.Group, what)) || _owners[entry.Group] == (entry.Group, what))
            return false;
        var (name, other) = _owners[entry.Group];
        context.Complain(
            DiagnosticCodes.Duplicate,
            name == entry.Group ? $"\"{name}\" already names {other}; targets of all kinds share their names"
                : $"\"{entry.Group}\" and \"{name}\", {other}, differ in case only, and on macOS and Windows the files of both would be in one folder; give one of them another name",
            entry.Place);
        return true;
    }

    /// <summary>The models of a target that shows all of them the same images.</summary>
    private List<string> ModelsOfOneDataset(IReadOnlyList<string> names, SourceNode node)
    {
        var models = Models(names, node);
        var datasets = models.Select(model => _train[model].Dataset).Distinct().ToList();
        if (datasets.Count > 1)
            context.Complain(DiagnosticCodes.OutOfRange, $"\"models\" should all be trained on one data set, not on {string.Join(", ", datasets)}", node.Place);
        return models;
    }

    /// <summary>The evaluation with each substitute under the name of one model.</summary>
    private EvaluateDeclaration WithSubstitutes(EvaluateDeclaration evaluate, SourceNode options)
    {
        var attacks = new List<AttackDeclaration>(evaluate.Attacks.Count);
        for (var i = 0; i < evaluate.Attacks.Count; i++)
        {
            var attack = evaluate.Attacks[i];
            if (attack.From.Length > 0)
            {
                var node = options["attacks"]!.Items[i]["from"]!;
                if (!attack.FollowsGradient())
                    context.Complain(DiagnosticCodes.OutOfRange, $"\"from\": {attack.Kind} asks no model for a gradient, so it is the same made on any; leave \"from\" out", node.Place);
                attack = attack with { From = Substitute(attack.From, node.Place) };
            }

            attacks.Add(attack);
        }

        var blackBoxFrom = evaluate.BlackBoxFrom.Length > 0 ? Substitute(evaluate.BlackBoxFrom, options["blackBoxFrom"]!.Place) : "";
        return evaluate with { Attacks = attacks, BlackBoxFrom = blackBoxFrom };
    }

    private string Substitute(string name, SourcePlace place)
    {
        var models = Models(name, place);
        if (models.Count > 1)
            context.Complain(DiagnosticCodes.OutOfRange, $"\"{name}\" stands for {models.Count} models; a substitute is one of them, say \"{models[0]}\"", place);
        return models.Count == 1 ? models[0] : name;
    }
}
