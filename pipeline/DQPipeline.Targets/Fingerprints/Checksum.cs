namespace DQPipeline.Targets.Fingerprints;

/// <summary>FNV-1a, 64 bits: finds damage, not malice, and needs no library.</summary>
internal struct Checksum()
{
    public ulong Value { get; private set; } = 0xcbf29ce484222325;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        var value = Value;
        foreach (var b in bytes)
            value = (value ^ b) * 0x100000001b3;
        Value = value;
    }
}
