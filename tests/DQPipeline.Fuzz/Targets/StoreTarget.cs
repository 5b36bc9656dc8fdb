using DQPipeline.Data;

namespace DQPipeline.Fuzz.Targets;

/// <summary>The head of a file of decoded images, which stands in the cache.</summary>
internal sealed class StoreTarget : Target
{
    public override string Name => "store";

    public override IEnumerable<byte[]> Seeds { get; } = [[.. new ImageStoreHead(new(["a", "b"], 2, 2, [0, 1], [1]), [1, 2], [3]).Encode(), .. new byte[3 * 12]]];

    public override IReadOnlyList<byte[]> Words { get; } = Pieces("\"shape\":[", "[2,3,2,2]", "[-1,3,2,2]", "[9223372036854775807,3,2,2]", "[2,3,0,2]", "[0,3,2,2]", "\"labels\":", "\"[null]\"", "train.images", "test.images", "null", "\\ud800", "1e9");

    private static readonly string[] s_names = ["__metadata__", "labels", "xxh128", "shape", "dtype", "data_offsets", "train.images", "test.images", "train.checks", "test.classes", "[\"a\"]", "[null]", "I64"];

    public override byte[] Next(byte[] file, byte[] other, Random random) =>
        (random.Next(2) == 0 ? Header.Changed(file, header => JsonMutation.Of(header, random, s_names)) : null) ?? base.Next(file, other, random);

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string>();

    public override bool Show(byte[] file, string path)
    {
        using var stream = File.OpenRead(path);
        try
        {
            var (head, length) = ImageStoreHead.Read(stream);
            Demand(head.Encode().AsSpan().SequenceEqual(file.AsSpan(0, length)), "what was written is not what was read");
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
