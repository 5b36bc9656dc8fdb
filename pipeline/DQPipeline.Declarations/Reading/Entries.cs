using System.Globalization;
using DQPipeline.Declarations.Json;
using DQPipeline.Declarations.Shapes;

namespace DQPipeline.Declarations.Reading;

/// <summary>An entry of a section, merged with what it extends and, for a member of a matrix, with its values in place.</summary>
internal sealed record Entry(string Name, string Group, SourcePlace Place, SourceNode Options);

/// <summary>Resolves <c>extends</c> and <c>matrix</c> within one section of dq.json.</summary>
internal sealed class Entries(string section, ReadContext context)
{
    /// <summary>The sections of named entries.</summary>
    public static readonly string[] Sections = ["datasets", "train", "quantize", "evaluate", "distance", "certify", "samples", "package", "report"];

    /// <summary>Levels of <c>extends</c> on one another: each is a call within a call, and a stack that overflows ends the process.</summary>
    private const int Deepest = 100;

    /// <summary>Models that one matrix may be: more than anybody trains, and few enough to be held. A line of axes can ask for more than there is memory.</summary>
    private const int LargestMatrix = 10_000;

    private readonly Dictionary<string, SourceNode?> _merged = [];

    /// <summary>How many entries each merged one stands on, so that what is refused does not depend on the order of the file.</summary>
    private readonly Dictionary<string, int> _depths = [];

    private readonly List<string> _open = [];
    private SourceNode? _section;

    /// <summary>The section's entries in the order of the file, matrices expanded.</summary>
    public List<Entry> Read(SourceNode root)
    {
        var entries = new List<Entry>();
        _section = root[section];
        if (_section is null)
            return entries;
        if (_section.Kind != NodeKind.Object)
        {
            context.WrongType(section, "an object of named entries", _section);
            return entries;
        }

        foreach (var member in _section.Members)
        {
            if (Names.Complaint(member.Name) is { } complaint)
                context.Complain(DiagnosticCodes.BadName, complaint, member.Place);
            else if (Merge(member) is { } options)
                Expand(member, options, entries);
        }

        return entries;
    }

    private SourceNode? Merge(SourceMember member)
    {
        if (_merged.TryGetValue(member.Name, out var known))
            return known;
        var own = member.Value;
        SourceNode? result = own;
        if (own.Kind != NodeKind.Object)
        {
            context.WrongType(member.Name, "an object", own);
            result = null;
        }
        else if (own["extends"] is { } extends)
        {
            result = MergeWithBase(member, extends);
        }

        return _merged[member.Name] = result;
    }

    private SourceNode? MergeWithBase(SourceMember member, SourceNode extends)
    {
        if (extends.Kind != NodeKind.Text)
        {
            context.WrongType("extends", "the name of another entry", extends);
            return null;
        }

        if (_section!.Member(extends.Text) is not { } parent)
        {
            var others = _section.Members.Select(other => other.Name).Where(name => name != member.Name);
            context.Complain(DiagnosticCodes.UnknownName, $"{section} has no \"{extends.Text}\"{Spelling.DidYouMean(extends.Text, others)}", extends.Place);
            return null;
        }

        _open.Add(member.Name);
        try
        {
            if (_open.Contains(parent.Name))
            {
                context.Complain(DiagnosticCodes.Cycle, $"entries extend one another in a circle: {string.Join(" → ", _open)} → {parent.Name}", extends.Place);
                return null;
            }

            if (_open.Count + _depths.GetValueOrDefault(parent.Name) > Deepest)
            {
                context.Complain(DiagnosticCodes.OutOfRange, $"\"extends\": entries extend one another over more than {Deepest} levels; let some of them extend an entry further up", extends.Place);
                return null;
            }

            var below = Merge(parent);
            _depths[member.Name] = _depths.GetValueOrDefault(parent.Name) + 1;
            // What makes a parent several targets is its own: a child of a matrix is one target again.
            return below?.Without("matrix").MergedWith(member.Value.Without("extends"));
        }
        finally
        {
            _open.RemoveAt(_open.Count - 1);
        }
    }

    private void Expand(SourceMember member, SourceNode options, List<Entry> entries)
    {
        var matrix = section == "train" ? options["matrix"] : null;
        if (matrix is null)
        {
            entries.Add(new Entry(member.Name, member.Name, member.Place, options.Without("extends")));
            return;
        }

        if (matrix.Kind != NodeKind.Object || matrix.Members.Count == 0 || matrix.Members.Exists(axis => axis.Value.Kind != NodeKind.Array || axis.Value.Items.Count == 0))
        {
            context.Complain(DiagnosticCodes.WrongType, "\"matrix\" should be an object of option paths, each with a list of values: { \"activation.bits\": [1, 2, 4] }", matrix.Place);
            return;
        }

        if (Complaint(matrix) is var (complaint, place))
        {
            context.Complain(DiagnosticCodes.OutOfRange, complaint, place);
            return;
        }

        List<(string Name, SourceNode Options)> combinations = [("", options.Without("extends", "matrix"))];
        foreach (var axis in matrix.Members)
        {
            var label = Label(axis.Name, matrix);
            combinations = [.. combinations.SelectMany(combination => axis.Value.Items.Select(value => (
                $"{combination.Name}{(combination.Name.Length == 0 ? "" : ",")}{label}={Safe(value.Compact())}",
                combination.Options.With(axis.Name.Split('.'), value, axis.Place))))];
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, merged) in combinations)
        {
            if (seen.Add(name))
                entries.Add(new Entry($"{member.Name}@{name}", member.Name, member.Place, merged));
            else
                context.Complain(DiagnosticCodes.Duplicate, $"the combination {name} stands twice in this matrix", matrix.Place);
        }
    }

    /// <summary>What makes a matrix too large to be written out, and where; null where nothing does. Asked before a single member is made.</summary>
    private static (string Text, SourcePlace Place)? Complaint(SourceNode matrix)
    {
        if (matrix.Members.Find(axis => OptionPath.Parts(axis.Name) > OptionPath.Longest) is { } deep)
            return ($"\"matrix\": {OptionPath.TooLong(deep.Name)}", deep.Place);
        // Not a long: it would wrap at twenty axes of ten values, and so come out small.
        var members = matrix.Members.Aggregate(1.0, (product, one) => product * one.Value.Items.Count);
        return members > LargestMatrix
            ? (string.Create(CultureInfo.InvariantCulture, $"\"matrix\": its axes make {members:G15} models, and {LargestMatrix} is the most; leave out values or axes"), matrix.Place)
            : null;
    }

    /// <summary>The last part of an axis's path, or all of it where two axes end alike.</summary>
    private static string Label(string path, SourceNode matrix)
    {
        var last = Last(path);
        return matrix.Members.Count(axis => Last(axis.Name) == last) == 1 ? last : path;

        static string Last(string path) => path[(path.LastIndexOf('.') + 1)..];
    }

    /// <summary>Names are folders too, so whatever a path or a shell would take amiss becomes '_'.</summary>
    private static string Safe(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++)
            span[i] = char.IsAsciiLetterOrDigit(source[i]) || source[i] is '-' or '+' or '.' or '_' ? source[i] : '_';
    });
}
