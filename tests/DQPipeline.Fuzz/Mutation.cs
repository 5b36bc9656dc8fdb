namespace DQPipeline.Fuzz;

/// <summary>A few changes of the kinds that files suffer and attackers try: bits, bytes, lengths, words of the format, parts moved, repeated, removed, or taken from another file.</summary>
internal static class Mutation
{
    private static readonly byte[] s_interesting = [0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x10, 0x40];

    /// <param name="file">What is changed.</param>
    /// <param name="random">Decides.</param>
    /// <param name="words">Pieces that mean something to the reader.</param>
    /// <param name="other">Another file of the kind, of which a part may be taken.</param>
    public static byte[] Of(byte[] file, Random random, IReadOnlyList<byte[]>? words = null, byte[]? other = null)
    {
        var bytes = new List<byte>(file);
        for (var changes = 1 + random.Next(1 << random.Next(6)); changes > 0 && bytes.Count > 0; changes--)
        {
            // Headers decide more than bodies.
            var near = random.Next(3) == 0 ? Math.Min(bytes.Count, 512) : bytes.Count;
            var at = random.Next(near);
            var length = Math.Min(bytes.Count - at, 1 + random.Next(1 << random.Next(12)));
            switch (random.Next(12))
            {
                case 0 or 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    for (var i = 0; i < Math.Min(8, bytes.Count - at); i++)
                        bytes[at + i] = s_interesting[random.Next(s_interesting.Length)];
                    break;
                case 4:
                    bytes.RemoveRange(at, length);
                    break;
                case 5:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                    break;
                case 6:
                    bytes.InsertRange(at, Enumerable.Range(0, Math.Min(length, 64)).Select(_ => (byte)random.Next(256)));
                    break;
                case 7 when random.Next(8) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 8 or 9 when words is { Count: > 0 }:
                    var word = words[random.Next(words.Count)];
                    if (random.Next(2) == 0)
                        bytes.RemoveRange(at, Math.Min(word.Length, bytes.Count - at));
                    bytes.InsertRange(at, word);
                    break;
                case 10 when other is { Length: > 0 }:
                    var from = random.Next(other.Length);
                    bytes.InsertRange(at, other.AsSpan(from, Math.Min(other.Length - from, length)).ToArray());
                    break;
                default:
                    for (var i = at; i < at + Math.Min(length, 64); i++)
                        bytes[i] = 0;
                    break;
            }
        }

        return [.. bytes];
    }
}
