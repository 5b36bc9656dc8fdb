using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DQPipeline.Declarations;
using DQPipeline.Targets.Gates;

namespace DQPipeline.Targets.Verdicts;

/// <summary>One result of a SARIF run.</summary>
/// <param name="Code">The rule.</param>
/// <param name="Kind">fail, pass or open.</param>
/// <param name="Level">error, warning or none.</param>
/// <param name="Text">What is said.</param>
/// <param name="Uri">The file.</param>
/// <param name="Place">The line and column in it, where they are known.</param>
/// <param name="Identity">What stays the same while the finding is the same, though its line or its numbers change.</param>
internal sealed partial record SarifResult(string Code, string Kind, string Level, string Text, string Uri, SourcePlace? Place, string Identity)
{
    /// <summary>The name of the folder from which files are named.</summary>
    public const string Root = "%SRCROOT%";

    /// <summary>Another way to make fingerprints needs another name, so that none of the one is taken for one of the other.</summary>
    private const string Fingerprint = "dqFinding/v2";

    /// <summary>A diagnostic, and the gate that it is about, if it is about one.</summary>
    public static SarifResult Of(Diagnostic diagnostic, GateResult? gate, SourceRoot root) => new(
        diagnostic.Code, "fail", diagnostic.Severity == Severity.Error ? "error" : "warning", root.Without(diagnostic.Message), UriOf(diagnostic.Place, root), diagnostic.Place,
        gate is null ? Number().Replace(root.Without(diagnostic.Message), "#") : IdentityOf(gate));

    /// <summary>A gate of which there was nothing to report.</summary>
    public static SarifResult Of(GateResult gate, SourceRoot root) => new(
        gate.Verdict == GateVerdict.Passed ? DiagnosticCodes.GateFailed : DiagnosticCodes.GateUndecided, gate.Verdict == GateVerdict.Passed ? "pass" : "open", "none",
        GateText.Standing(gate), UriOf(gate.Gate.Place, root), gate.Gate.Place, IdentityOf(gate));

    public void Write(Utf8JsonWriter writer, Occurrences occurrences)
    {
        writer.WriteStartObject();
        writer.WriteString("ruleId"u8, Code);
        if (IndexOf(Code) is >= 0 and var index)
            writer.WriteNumber("ruleIndex"u8, index);
        writer.WriteString("kind"u8, Kind);
        writer.WriteString("level"u8, Level);
        writer.WriteStartObject("message"u8);
        writer.WriteString("text"u8, Text);
        writer.WriteEndObject();
        WriteLocation(writer);
        writer.WriteStartObject("partialFingerprints"u8);
        writer.WriteString(Fingerprint, Hash(occurrences.Next($"{Code}\n{Uri}\n{Identity}")));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteLocation(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("locations"u8);
        writer.WriteStartObject();
        writer.WriteStartObject("physicalLocation"u8);
        writer.WriteStartObject("artifactLocation"u8);
        writer.WriteString("uri"u8, Uri);
        if (!Uri.StartsWith("file:", StringComparison.Ordinal))
            writer.WriteString("uriBaseId"u8, Root);
        writer.WriteEndObject();
        if (Place is { Line: > 0 } place)
        {
            writer.WriteStartObject("region"u8);
            writer.WriteNumber("startLine"u8, place.Line);
            if (place.Column > 0)
                writer.WriteNumber("startColumn"u8, place.Column);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    /// <summary>What has no file of its own is about the declarations as a whole: readers refuse a result that is nowhere.</summary>
    private static string UriOf(SourcePlace? place, SourceRoot root) => place is { } known && SourceRoot.IsFile(known) ? root.Uri(known.File) : root.Declarations;

    private static string IdentityOf(GateResult gate) => $"{gate.Evaluation}/{gate.Subject}";

    private static int IndexOf(string code)
    {
        for (var i = 0; i < DiagnosticsPage.Rules.Count; i++)
        {
            if (DiagnosticsPage.Rules[i].Code == code)
                return i;
        }

        return -1;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Numbers that were measured, and not those in names and strengths, by which one finding is another than the next.</summary>
    [GeneratedRegex(@"(?<![\w=@.])(?<!ε = )[0-9]+([.][0-9]+)?(e[+-][0-9]+)?")]
    private static partial Regex Number();
}
