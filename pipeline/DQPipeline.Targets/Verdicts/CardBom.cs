using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Verdicts;

/// <summary>A model card for programs: a machine-learning bill of materials, CycloneDX 1.6. What it says it says to people too: see <see cref="CardMarkdown"/>.</summary>
internal static class CardBom
{
    public static byte[] Write(ModelCard card) => Write(card, SerialNumber(Write(card, null)));

    /// <summary>Another content is another document, and the same content the same one, whoever builds it: the number is made of the content.</summary>
    private static string SerialNumber(ReadOnlySpan<byte> content)
    {
        var bytes = SHA256.HashData(content).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80); // version 8: made as its maker likes (RFC 9562)
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return $"urn:uuid:{new Guid(bytes, bigEndian: true)}";
    }

    private static byte[] Write(ModelCard card, string? serialNumber)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 13);
        using (var writer = new Utf8JsonWriter(buffer, RecordJson.Indented))
        {
            writer.WriteStartObject();
            writer.WriteString("bomFormat"u8, "CycloneDX"u8);
            writer.WriteString("specVersion"u8, "1.6"u8);
            if (serialNumber is not null)
                writer.WriteString("serialNumber"u8, serialNumber);
            writer.WriteNumber("version"u8, 1);
            writer.WriteStartObject("metadata"u8);
            writer.WriteStartObject("component"u8);
            WriteComponent(writer, card);
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteComponent(Utf8JsonWriter writer, ModelCard card)
    {
        var package = card.Package;
        writer.WriteString("type"u8, "machine-learning-model"u8);
        writer.WriteString("bom-ref"u8, package.Id);
        writer.WriteString("name"u8, package.Name);
        writer.WriteString("description"u8, $"Image classifier: {card.Origin}.");
        WriteHash(writer, card.Model.Record, package.Model);
        if (card.Ancestors.Count > 0)
            WriteAncestors(writer, card);
        WriteFiles(writer, card);
        CardBomModel.Write(writer, card);
        writer.WriteStartArray("properties"u8);
        Property(writer, "dq:key", card.Files.Key);
        Property(writer, "dq:model", package.Model.Id);
        Property(writer, "dq:model:key", card.Model.Record.Key);
        Property(writer, "dq:trained", package.Model.Trained.Id);
        Property(writer, "dq:trained:key", card.Trained.Record.Key);
        foreach (var (name, value) in card.Trained.Parts)
            Property(writer, $"dq:train:{name}", CardValue.Of(value));
        if (card.Quantization is not null)
        {
            foreach (var (name, value) in card.Model.Parts)
                Property(writer, $"dq:quantize:{name}", CardValue.Of(value));
        }

        writer.WriteEndArray();
    }

    private static void WriteAncestors(Utf8JsonWriter writer, ModelCard card)
    {
        writer.WriteStartObject("pedigree"u8);
        writer.WriteStartArray("ancestors"u8);
        foreach (var (model, record) in card.Ancestors)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "machine-learning-model"u8);
            writer.WriteString("bom-ref"u8, model.Id);
            writer.WriteString("name"u8, model.Name);
            WriteHash(writer, record, model);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>The forms in which apps take the model, each with its own hash.</summary>
    private static void WriteFiles(Utf8JsonWriter writer, ModelCard card)
    {
        writer.WriteStartArray("components"u8);
        foreach (var file in card.Files.Outputs)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "file"u8);
            writer.WriteString("bom-ref"u8, $"{card.Package.Id}/{file.Name}");
            writer.WriteString("name"u8, file.Name);
            WriteHash(writer, file);
            writer.WriteStartArray("properties"u8);
            Property(writer, "dq:size", file.Size.ToString(CultureInfo.InvariantCulture));
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteHash(Utf8JsonWriter writer, TargetRecord record, ModelTarget model)
    {
        if (record.Output(model.File) is { } output)
            WriteHash(writer, output);
    }

    private static void WriteHash(Utf8JsonWriter writer, TargetOutput output)
    {
        writer.WriteStartArray("hashes"u8);
        writer.WriteStartObject();
        writer.WriteString("alg"u8, "SHA-256"u8);
        writer.WriteString("content"u8, output.Sha256);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    internal static void Property(Utf8JsonWriter writer, string name, string value)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, name);
        writer.WriteString("value"u8, value);
        writer.WriteEndObject();
    }
}
