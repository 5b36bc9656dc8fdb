using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace DQPipeline.Journeys;

/// <summary>The arrays of an adversarial set.</summary>
internal sealed record Npz(byte[] X, float[] XAdv, long[] Y, long[] Pred, long[] PredAdv)
{
    public int Wrong => Pred.Zip(Y).Count(pair => pair.First != pair.Second);

    public bool[] Broken => [.. PredAdv.Zip(Y, (label, y) => label != y)];

    public static Npz Read(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        return new(Array<byte>("x"), Array<float>("x_adv"), Array<long>("y"), Array<long>("pred"), Array<long>("pred_adv"));

        T[] Array<T>(string name)
            where T : unmanaged
        {
            using var bytes = new MemoryStream();
            using (var entry = zip.GetEntry(name + ".npy")!.Open())
                entry.CopyTo(bytes);
            var array = bytes.ToArray();
            return MemoryMarshal.Cast<byte, T>(array.AsSpan(10 + BinaryPrimitives.ReadUInt16LittleEndian(array.AsSpan(8)))).ToArray();
        }
    }
}
