using System.Buffers;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Verdicts;

/// <summary>
/// A build as SARIF 2.1.0 (OASIS): its diagnostics, and the gates that have none. A gate that passes is a result of the kind <c>pass</c>, one that could not be held against
/// anything is <c>open</c>; all else is <c>fail</c>.
/// </summary>
internal static class SarifFile
{
    private const string Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

    public static byte[] Write(BuildResult result, SourceRoot root, string toolVersion)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 15);
        using (var writer = new Utf8JsonWriter(buffer, RecordJson.Indented))
        {
            writer.WriteStartObject();
            writer.WriteString("$schema"u8, Schema);
            writer.WriteString("version"u8, "2.1.0"u8);
            writer.WriteStartArray("runs"u8);
            writer.WriteStartObject();
            WriteTool(writer, toolVersion);
            // Each pipeline of a repository has results of its own, which do not take the place of another's.
            writer.WriteStartObject("automationDetails"u8);
            writer.WriteString("id"u8, $"dq/{root.Declarations[..^PipelineFile.Name.Length]}");
            writer.WriteEndObject();
            WriteInvocation(writer, result.ExitCode);
            WriteRoot(writer);
            // As dq.json's reader counts.
            writer.WriteString("columnKind"u8, "unicodeCodePoints"u8);
            WriteResults(writer, result, root);
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteTool(Utf8JsonWriter writer, string version)
    {
        writer.WriteStartObject("tool"u8);
        writer.WriteStartObject("driver"u8);
        writer.WriteString("name"u8, "dotnet-dq"u8);
        writer.WriteString("fullName"u8, $"dotnet-dq {version}");
        writer.WriteString("version"u8, version);
        writer.WriteString("semanticVersion"u8, version);
        writer.WriteStartArray("rules"u8);
        foreach (var rule in DiagnosticsPage.Rules)
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, rule.Code);
            writer.WriteString("name"u8, rule.Name);
            WriteText(writer, "shortDescription", Sentence(rule.Meaning));
            WriteText(writer, "fullDescription", Sentence($"{rule.Meaning}: {rule.Mend}"));
            WriteText(writer, "help", Sentence(rule.Mend), Sentence(rule.Mend, markdown: true));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The exit code, and no time: two builds with one result are one file. A gate that fails is a finding, and no failure of the tool.</summary>
    private static void WriteInvocation(Utf8JsonWriter writer, int exitCode)
    {
        writer.WriteStartArray("invocations"u8);
        writer.WriteStartObject();
        writer.WriteBoolean("executionSuccessful"u8, exitCode is 0 or 3);
        writer.WriteNumber("exitCode"u8, exitCode);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    /// <summary>The root has a name and no address: each reader has the repository somewhere else.</summary>
    private static void WriteRoot(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("originalUriBaseIds"u8);
        writer.WriteStartObject(SarifResult.Root);
        WriteText(writer, "description", "The root of the repository that the pipeline lies in, or the folder of its dq.json where there is none.");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteResults(Utf8JsonWriter writer, BuildResult result, SourceRoot root)
    {
        var gates = result.Gates.Where(gate => gate.Finding is not null).ToLookup(gate => gate.Finding!);
        var occurrences = new Occurrences();
        writer.WriteStartArray("results"u8);
        foreach (var diagnostic in result.Diagnostics)
            SarifResult.Of(diagnostic, gates[diagnostic].FirstOrDefault(), root).Write(writer, occurrences);
        foreach (var gate in result.Gates.Where(gate => gate.Finding is null))
            SarifResult.Of(gate, root).Write(writer, occurrences);
        writer.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string text, string? markdown = null)
    {
        writer.WriteStartObject(name);
        writer.WriteString("text"u8, text);
        if (markdown is not null)
            writer.WriteString("markdown"u8, markdown);
        writer.WriteEndObject();
    }

    /// <summary>What stands in a cell of the page as a sentence, without the marks of Markdown unless they are asked for.</summary>
    private static string Sentence(string cell, bool markdown = false)
    {
        var text = markdown ? cell : cell.Replace("`", "", StringComparison.Ordinal);
        return $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
    }
}
