namespace DQPipeline.Fuzz;

/// <summary>A kind of file and its reader.</summary>
internal abstract class Target
{
    public abstract string Name { get; }

    /// <summary>The codes by which a file may be refused.</summary>
    public abstract IReadOnlySet<string> Codes { get; }

    /// <summary>A file that nobody would write.</summary>
    public abstract byte[] Next(Random random);

    /// <summary>Reads it, and if it is taken, uses it.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="path">A file that holds them.</param>
    public abstract void Show(byte[] file, string path);

    /// <summary>A few changes of the kinds that files suffer and attackers try: bits, bytes, lengths, parts moved, repeated, removed.</summary>
    protected static byte[] Mutated(byte[] file, Random random, int atLeast = 0)
    {
        var bytes = new List<byte>(file);
        for (var changes = 1 + random.Next(1 << random.Next(6)); changes > 0 && bytes.Count > 0; changes--)
        {
            // Headers decide more than bodies.
            var near = random.Next(3) == 0 ? Math.Min(bytes.Count, 512) : bytes.Count;
            var at = random.Next(near);
            var length = Math.Min(bytes.Count - at, 1 + random.Next(1 << random.Next(12)));
            switch (random.Next(9))
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
                case 4 when bytes.Count - length >= atLeast:
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
                default:
                    for (var i = at; i < at + Math.Min(length, 64); i++)
                        bytes[i] = 0;
                    break;
            }
        }

        return [.. bytes];
    }

    private static readonly byte[] s_interesting = [0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x10, 0x40];
}
