namespace DQPipeline.Data;

/// <summary>What random numbers are drawn for; each purpose has numbers of its own.</summary>
internal enum RandomPurpose
{
    /// <summary>Order of the training images in an epoch.</summary>
    Order = 1,

    /// <summary>Crop and flip of a training image.</summary>
    Augmentation = 2,

    /// <summary>Choice of a class-balanced sample.</summary>
    Sample = 3,

    /// <summary>Drawing of a training image.</summary>
    DrawTrain = 4,

    /// <summary>Drawing of a test image.</summary>
    DrawTest = 5,

    /// <summary>Random directions of an attack; the epoch is the restart, the index the image.</summary>
    Attack = 6,

    /// <summary>Strength ε at which a training image is attacked in an epoch.</summary>
    AdversarialStrength = 7,

    /// <summary>Random directions of the attack on a training image in an epoch.</summary>
    AdversarialNoise = 8,
}

/// <summary>
/// Random numbers as a pure function of (seed, purpose, epoch, index): nothing has to be saved to go on after an interruption, and no thread
/// disturbs another's numbers. The generator is Philox4x32-10 (Salmon et al., SC 2011), keyed by seed and purpose, with the counter (draw, index, epoch).
/// </summary>
internal struct SeededRandom(int seed, RandomPurpose purpose, int epoch = 0, int index = 0)
{
    private uint _draw;
    private int _left;
    private uint _w1, _w2, _w3;

    /// <summary>32 random bits.</summary>
    public uint NextBits()
    {
        switch (_left--)
        {
            case 3: return _w1;
            case 2: return _w2;
            case 1: return _w3;
        }

        _left = 3;
        var (w0, w1, w2, w3) = Philox((_draw++, (uint)index, (uint)epoch, 0), ((uint)seed, (uint)purpose));
        (_w1, _w2, _w3) = (w1, w2, w3);
        return w0;
    }

    /// <summary>A number in [0, <paramref name="bound"/>), every one exactly as likely (Lemire, 2019).</summary>
    /// <param name="bound">1 or more.</param>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        var product = (ulong)NextBits() * (uint)bound;
        if ((uint)product < (uint)bound)
        {
            var reject = (uint)(-bound) % (uint)bound;
            while ((uint)product < reject)
                product = (ulong)NextBits() * (uint)bound;
        }

        return (int)(product >> 32);
    }

    /// <summary>A number in [0, 1), a multiple of 2⁻²⁴.</summary>
    public float NextSingle() => (NextBits() >> 8) * (1f / (1 << 24));

    /// <summary>A number in [<paramref name="low"/>, <paramref name="high"/>].</summary>
    public float Between(float low, float high) => low + (high - low) * NextSingle();

    /// <summary>True with the given probability.</summary>
    public bool Chance(float probability) => NextSingle() < probability;

    /// <summary>Approximately standard normal: the sum of the four bytes of one draw, centred and scaled; never beyond ±3.46.</summary>
    public float NextBell()
    {
        var bits = NextBits();
        var sum = (int)((bits & 0xff) + (bits >> 8 & 0xff) + (bits >> 16 & 0xff) + (bits >> 24));
        // Four bytes have mean 510 and variance 4·(256² − 1)/12 = 147.8².
        return (sum - 510) * (1f / 147.79941f);
    }

    /// <summary>Standard normal, by the transform of Box and Muller; never beyond ±5.8.</summary>
    public double NextNormal()
    {
        // 1 − u is in (0, 1], where the logarithm is finite.
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextSingle()));
        return radius * Math.Cos(2 * Math.PI * NextSingle());
    }

    /// <summary>Ten rounds of Philox4x32.</summary>
    internal static (uint, uint, uint, uint) Philox((uint C0, uint C1, uint C2, uint C3) counter, (uint K0, uint K1) key)
    {
        var (c0, c1, c2, c3) = counter;
        var (k0, k1) = key;
        for (var round = 0; round < 10; round++)
        {
            var a = (ulong)c0 * 0xD2511F53;
            var b = (ulong)c2 * 0xCD9E8D57;
            (c0, c1, c2, c3) = ((uint)(b >> 32) ^ c1 ^ k0, (uint)b, (uint)(a >> 32) ^ c3 ^ k1, (uint)a);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        return (c0, c1, c2, c3);
    }
}
