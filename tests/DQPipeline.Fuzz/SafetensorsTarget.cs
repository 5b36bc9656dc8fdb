using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Native;
using DQPipeline.Networks;

namespace DQPipeline.Fuzz;

/// <summary>Trained models: bytes changed, and headers changed as JSON with their length made right again.</summary>
internal sealed class SafetensorsTarget : Target
{
    private readonly byte[] file = Make();

    public override string Name => "safetensors";

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.ModelCorrupt };

    public override byte[] Next(Random random)
    {
        if (random.Next(2) == 0)
            return Mutated(file, random);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        var header = JsonNode.Parse(file.AsSpan(8, length))!.AsObject();
        for (var changes = 1 + random.Next(3); changes > 0; changes--)
            Change(header, random);
        var text = Encoding.UTF8.GetBytes(header.ToJsonString());
        var size = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, text.Length);
        return [.. size, .. text, .. file.AsSpan(8 + length)];
    }

    public override void Show(byte[] file, string path)
    {
        using var network = ModelFile.Load(path);
    }

    private static void Change(JsonObject header, Random random)
    {
        var keys = header.Select(pair => pair.Key).ToArray();
        var key = keys[random.Next(keys.Length)];
        JsonNode Value() => random.Next(8) switch
        {
            0 => JsonValue.Create(-1),
            1 => JsonValue.Create(long.MaxValue),
            2 => JsonValue.Create(1e300),
            3 => JsonValue.Create("F64"),
            4 => JsonValue.Create(""),
            5 => new JsonArray(1, 2, 3),
            6 => new JsonObject(),
            _ => JsonValue.Create(random.Next(100_000)),
        };
        if (header[key] is JsonObject inner && inner.Count > 0 && random.Next(5) > 0)
        {
            var names = inner.Select(pair => pair.Key).ToArray();
            var name = names[random.Next(names.Length)];
            if (inner[name] is JsonArray { Count: > 0 } list && random.Next(2) == 0)
                list[random.Next(list.Count)] = Value();
            else if (key == "__metadata__" && random.Next(2) == 0)
                inner[name] = JsonValue.Create(s_words[random.Next(s_words.Length)]);
            else
                inner[name] = Value();
        }
        else if (random.Next(2) == 0)
        {
            header.Remove(key);
        }
        else
        {
            header[key + (random.Next(2) == 0 ? "" : "x")] = Value();
        }

        if (header.Count == 0)
            header["x"] = Value();
    }

    private static readonly string[] s_words = ["", "vgg-16", "wrn-100-20", "wrn-9999999-9999", "3,1024,1024", "3,999999999,999999999", "-1", "1e400", "[]", JsonSerializer.Serialize(Enumerable.Repeat("a", 1000)), "relu1", "tanh", "9"];

    private static byte[] Make()
    {
        NativeBackend.Load();
        var path = Path.Combine(Path.GetTempPath(), $"dq-fuzz-{Environment.ProcessId}.safetensors");
        var description = new NetworkDescription("wrn-10-1", new ActivationDeclaration { Bits = 4 }, 3, 16, 16, ["a", "b", "c"]);
        using var network = NetworkFactory.Create(description, seed: 1);
        ModelFile.Save(path, network, new TrainingProvenance("{}", "", "street-digits", 1, 1, 1, 0.5, "train/1", "2.10.0"));
        var file = File.ReadAllBytes(path);
        File.Delete(path);
        return file;
    }
}
