using System.Text;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Files;

namespace DQPipeline.Fuzz.Targets;

/// <summary>The stamps of a data set's files with the late history of its hash, which save reading the files again.</summary>
internal sealed class StampsTarget : Target
{
    public override string Name => "stamps";

    public override IEnumerable<byte[]> Seeds { get; } = [Make()];

    public override IReadOnlyList<byte[]> Words { get; } = Pieces("dqstamp1", "\t", "\n", "\t3\t", "\t-1\t", "\t99999999999\t");

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string>();

    public override bool Show(byte[] file, string path)
    {
        try
        {
            using var stream = new MemoryStream(file);
            var reader = new StampReader(stream);
            while (reader.Read(out _))
            {
            }

            _ = ChangeJournal.Parse(reader.Tail);
            return true;
        }
        catch (InvalidDataException)
        {
            // The journal has no checksum of its own: it stands behind the stamps'.
            try
            {
                _ = ChangeJournal.Parse(Encoding.UTF8.GetString(file));
            }
            catch (InvalidDataException)
            {
            }

            return false;
        }
    }

    private static byte[] Make()
    {
        using var stream = new MemoryStream();
        var writer = new StampWriter(stream);
        foreach (var name in (string[])["a.jpg", "b/c.png"])
            writer.Write(new StampRecord(name, new FileStamp(1, 2, 3, 4), true, new byte[32]));
        writer.End(ChangeJournal.Empty.With("x", "y", new ChangeList()).Format("y"));
        return stream.ToArray();
    }
}
