using System.Text;
using DQPipeline.Data.Cifar;
using DQPipeline.Data.Pickle;
using DQPipeline.Declarations;

namespace DQPipeline.Fuzz.Targets;

/// <summary>Pickles of CIFAR's python version.</summary>
internal sealed class PickleTarget : Target
{
    public override string Name => "pickle";

    public override IEnumerable<byte[]> Seeds { get; } = [Make()];

    public override IReadOnlyList<byte[]> Words { get; } = [.. Pieces(
        "cnumpy.core.multiarray\n_reconstruct\n", "cnumpy\nndarray\n", "cnumpy\ndtype\n", "c_codecs\nencode\n", "X\u0006\0\0\0latin1", "cos\nsystem\n", "U\u0004data", "U\u0006labels", "(", "t", "]", "}", ")", "u", "e", "a", "s", "b", "R", ".", "h\u0001", "q\u0001", "NN", "U\u0002u1"),
        [0x80, 2], [0x85], [0x86], [0x87], [0x8a, 8, 255, 255, 255, 255, 255, 255, 255, 127], [0x93], [0x94], [0x95, 0, 0, 0, 0, 0, 0, 0, 0], [(byte)'J', 255, 255, 255, 255], [(byte)'T', 255, 255, 255, 127], [(byte)'B', 255, 255, 255, 255]];

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.DataCorrupt, DiagnosticCodes.UnsafeArchive };

    public override bool Show(byte[] file, string path)
    {
        _ = PickleReader.Read(file, "pickle");
        _ = CifarPickles.Names(file, "pickle", "label_names");
        _ = CifarPickles.Split([("pickle", file)], path, "labels", 10);
        return true;
    }

    /// <summary>What Python 2 writes of a dictionary with one image and its label.</summary>
    public static byte[] Make(int label = 5) =>
    [
        .. Encoding.Latin1.GetBytes(
            "\u0080\u0002}q\u0001(U\u0004dataq\u0002cnumpy.core.multiarray\n_reconstruct\nq\u0003cnumpy\nndarray\nq\u0004K\0\u0085U\u0001b\u0087Rq\u0005"
            + "(K\u0001K\u0001M\0\u000c\u0086cnumpy\ndtype\nq\u0006U\u0002u1K\0K\u0001\u0087Rq\u0007(K\u0003U\u0001|NNNJ\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00ffK\0tb\u0089T\0\u000c\0\0"),
        .. new byte[3072],
        .. Encoding.Latin1.GetBytes($"tbU\u0006labelsq\u0008]q\u0009K{(char)label}aU\u000blabel_namesq\u000a]q\u000b(U\u0001aU\u0001beu."),
    ];
}
