using System.Text;
using DQPipeline.Declarations.Json;
using DQPipeline.Declarations.Shapes;

namespace DQPipeline.Declarations.Reading;

/// <summary>One <c>--set path=value</c>: the path's parts are keys, separated by dots; the value is JSON, or else a text.</summary>
internal static class Override
{
    private const string Origin = "--set";

    public static SourceNode Apply(SourceNode root, string assignment, ReadContext context)
    {
        var equals = assignment.IndexOf('=');
        if (equals > 0 && OptionPath.Parts(assignment[..equals]) > OptionPath.Longest)
        {
            context.Complain(DiagnosticCodes.BadOverride, $"{OptionPath.TooLong(assignment[..equals])}; write --set path=value, as in --set train.dq.lipschitz.beta=0.001", new SourcePlace(Origin));
            return root;
        }

        var path = equals > 0 ? assignment[..equals].Split('.') : [];
        if (path.Length == 0 || path.Contains(""))
        {
            context.Complain(DiagnosticCodes.BadOverride, $"\"{assignment}\" is no assignment; write --set path=value, as in --set train.dq.lipschitz.beta=0.001", new SourcePlace(Origin));
            return root;
        }

        if (path is [var section, var entry, ..] && Entries.Sections.Contains(section) && root[section]?[entry] is null)
        {
            var known = root[section]?.Members.Select(member => member.Name) ?? [];
            context.Complain(DiagnosticCodes.BadOverride, $"\"{assignment}\": {section} has no \"{entry}\"{Spelling.DidYouMean(entry, known)}", new SourcePlace(Origin));
            return root;
        }

        var place = new SourcePlace($"{Origin} {assignment}");
        return root.With(path, ReadValue(assignment[(equals + 1)..], place), place);
    }

    private static SourceNode ReadValue(string text, SourcePlace place)
    {
        // A word without quotes is what people type in a shell: whatever is not JSON is a text.
        var unread = new List<Diagnostic>();
        var value = SourceReader.Parse(Encoding.UTF8.GetBytes(text), place.File, unread);
        return value is null || unread.Count > 0 ? new SourceNode(NodeKind.Text, place) { Text = text } : At(value, place);
    }

    /// <summary>The value with the command line as its place: lines and columns would point nowhere.</summary>
    private static SourceNode At(SourceNode node, SourcePlace place) => new(node.Kind, place)
    {
        Text = node.Text,
        Items = [.. node.Items.Select(item => At(item, place))],
        Members = [.. node.Members.Select(member => new SourceMember(member.Name, place, At(member.Value, place)))],
    };
}
