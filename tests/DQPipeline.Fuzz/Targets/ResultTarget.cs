using System.Security.Cryptography;
using System.Text;
using DQPipeline.Targets.Caching;
using DQPipeline.Targets.Records;

namespace DQPipeline.Fuzz.Targets;

/// <summary>A result of the cache, which a server that one does not trust may have written: with a right hash at its end more often than not, as an attacker would give it.</summary>
internal sealed class ResultTarget : Target
{
    private static readonly string s_key = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));
    private static readonly string s_public = ResultSignature.Create().Public;

    private static readonly byte[] s_mark = ",\"check\":\""u8.ToArray();

    private static readonly string[] s_names = ["key", "outputs", "metrics", "samples", "correct", "standing", "curve", "sha256", "size", "model.safetensors", "loss", "IgA=", "1 0.5 0", "..", "a/b", s_key];

    public override string Name => "result";

    public override IEnumerable<byte[]> Seeds { get; } =
    [
        ContentCache.Encode(new(s_key, [new("model.safetensors", s_key, 12)], [new("loss", 1.5)], null, "1 0.5 0")),
        ContentCache.Encode(new(s_key, [], [new("correct", 2), new("samples", 9)], "IgA=")),
    ];

    public override IReadOnlyList<byte[]> Words { get; } = Pieces("\"key\":", "\"outputs\":{", "\"metrics\":{", "\"standing\":", "\"curve\":", "\"size\":-1", "\"size\":1e99", "1e999", "\\ud800", "\"../x\":{", "null", "[", "{", "}", ",", $"\"{s_key}\"");

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string>();

    public override byte[] Next(byte[] file, byte[] other, Random random)
    {
        var end = file.AsSpan().LastIndexOf(s_mark);
        if (end < 0 || random.Next(8) == 0)
            return Mutation.Of(file, random, Words, other);
        var body = (random.Next(3) > 0 ? JsonMutation.Of([.. file[..end], (byte)'}'], random, s_names)?[..^1] : null) ?? Mutation.Of(file[..end], random, Words, other);
        return [.. body, .. s_mark, .. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(body))), .. "\"}\n"u8];
    }

    public override bool Show(byte[] file, string path)
    {
        _ = ResultSignature.Holds("x"u8, file, [s_public]);
        if (ContentCache.Decode(file, s_key) is not { } record)
            return false;
        if (record.Standing is { } standing && record.Metric("samples") is { } samples && record.Metric("correct") is { } correct)
            _ = Standing.Decode(standing, (int)samples, (int)correct);
        _ = TrainingCurve.Decode(record.Curve);
        Demand(ContentCache.Decode(ContentCache.Encode(record), s_key)?.Same(record) == true, "what was written is not what was read");
        return true;
    }
}
