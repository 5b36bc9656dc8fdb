using System.Text;
using CsCheck;
using DQPipeline.Data.Pickle;
using DQPipeline.Declarations;

namespace DQPipeline.Tests.Data;

/// <summary>Pickles that are no data set: code, damage, bombs.</summary>
public class PickleTests
{
    /// <summary>What Python 2 writes for {'data': numpy uint8 [[1, 2], [3, 4]], 'labels': [5, 300, -1]}.</summary>
    private static readonly byte[] Small = Bytes(
        "\u0080\u0002}q\u0001(U\u0004dataq\u0002cnumpy.core.multiarray\n_reconstruct\nq\u0003cnumpy\nndarray\nq\u0004K\0\u0085U\u0001b\u0087Rq\u0005"
        + "(K\u0001K\u0002K\u0002\u0086cnumpy\ndtype\nq\u0006U\u0002u1K\0K\u0001\u0087Rq\u0007(K\u0003U\u0001|NNNJ\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00ffK\0tb\u0089U\u0004\u0001\u0002\u0003\u0004tb"
        + "U\u0006labelsq\u0008]q\u0009(K\u0005M\u002c\u0001J\u00ff\u00ff\u00ff\u00ffeu.");

    [Fact]
    public void A_pickle_of_data_is_read()
    {
        var value = Assert.IsType<Dictionary<string, object?>>(PickleReader.Read(Small, "small"));
        Assert.Equal(["data", "labels"], value.Keys.Order());
        Assert.Equal([5L, 300L, -1L], Assert.IsType<List<object?>>(value["labels"]));
        var array = Assert.IsType<PickledArray>(value["data"]);
        Assert.Equal(("u1", false, "2 2"), (array.Type, array.ColumnMajor, string.Join(' ', array.Shape)));
        Assert.Equal([1, 2, 3, 4], array.Bytes.ToArray());
    }

    [Theory]
    [InlineData("cos\nsystem\n(U\u0004ruintR.", "os.system")]
    [InlineData("c__builtin__\neval\n(U\u00011tR.", "__builtin__.eval")]
    [InlineData("cnumpy.core.multiarray\nfromstring\n.", "numpy.core.multiarray.fromstring")]
    [InlineData("cnumpy\nload\n.", "numpy.load")]
    [InlineData("cnumpy\nndarray.tofile\n.", "numpy.ndarray.tofile")]
    [InlineData("\u008c\u0008builtins\u008c\u0004exec\u0093.", "builtins.exec")]
    [InlineData("c\u0001\u00ff\nx\n.", "??.x")]
    public void Code_is_named_and_never_run(string program, string name)
    {
        var error = Fails(program);
        Assert.Equal(DiagnosticCodes.UnsafeArchive, error.Code);
        Assert.Contains($"'{name}'", error.Message);
        Assert.StartsWith("small, byte ", error.Message);
    }

    [Theory]
    [InlineData("ios\nsystem\n.", "0x69")] // INST
    [InlineData("(U\u0001ao.", "0x6f")] // OBJ
    [InlineData(")\u0081.", "0x81")] // NEWOBJ
    [InlineData("\u0082\u0001.", "0x82")] // EXT1
    [InlineData("P1\n.", "0x50")] // PERSID
    [InlineData("I1\n.", "0x49")] // INT, of protocol 0
    [InlineData("G\0\0\0\0\0\0\0\0.", "0x47")] // BINFLOAT
    [InlineData("}}b.", "0x62")] // BUILD of what is no array
    [InlineData("K\u0001K\u0002\u0093.", "0x93")]
    [InlineData("U\u0001a)R.", "makes a value")]
    [InlineData("cnumpy\ndtype\n)R.", "makes a value")]
    [InlineData("cnumpy\nndarray\n)R.", "makes a value")]
    [InlineData("c_codecs\nencode\nX\u0001\0\0\0aX\u0005\0\0\0utf-8\u0086R.", "makes a value")]
    [InlineData("c_codecs\nencode\nX\u0003\0\0\0\u00e2\u0082\u00acX\u0006\0\0\0latin1\u0086R.", "no bytes")]
    [InlineData("K\u0001K\u0002.", "one value")]
    [InlineData("(K\u0001.", "one value")]
    [InlineData(".", "one value")]
    [InlineData("t.", "closes")]
    [InlineData("a.", "not there")]
    [InlineData("K\u0001K\u0001a.", "no list")]
    [InlineData("]K\u0001K\u0001s.", "no dictionary")]
    [InlineData("}K\u0001K\u0001s.", "no short text")]
    [InlineData("}(K\u0001u.", "no dictionary")]
    [InlineData("h\u0003.", "value 3")]
    [InlineData("U\u0005abc.", "cut short")]
    [InlineData("T\u00ff\u00ff\u00ff\u00ffabc.", "lengths")]
    [InlineData("\u008a\u0009123456789.", "64 bits")]
    [InlineData("cabc", "without an end")]
    [InlineData("", "cut short")]
    public void What_no_data_set_needs_is_an_error_with_its_place(string program, string word)
    {
        var error = Fails(program);
        Assert.Equal(DiagnosticCodes.DataCorrupt, error.Code);
        Assert.Contains(word, error.Message);
        Assert.StartsWith("small, byte ", error.Message);
    }

    [Theory]
    [InlineData("(lp0\nI1\na.")] // Protocol 0
    [InlineData("\u0080\u0005].")] // Protocol 5
    [InlineData("")]
    [InlineData("\u0080")]
    public void Other_protocols_are_refused(string text) =>
        Assert.Contains("protocol 2 to 4", Assert.Throws<DqException>(() => PickleReader.Read(Bytes(text), "small")).Message);

    [Fact]
    public void A_pickle_cut_anywhere_is_damaged()
    {
        for (var length = 0; length < Small.Length; length++)
            Assert.StartsWith("DQ200", Assert.Throws<DqException>(() => PickleReader.Read(Small.AsMemory(0, length), "cut")).Diagnostics[0].Code);
    }

    [Fact]
    public void Any_changed_bytes_give_a_value_or_a_coded_error_at_a_small_price() =>
        Gen.Select(Gen.Int[2, Small.Length - 1], Gen.Byte[1, 255]).Array[1, 5].Sample(changes =>
        {
            var bytes = Small.ToArray();
            foreach (var (at, flip) in changes)
                bytes[at] ^= flip;
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                _ = PickleReader.Read(bytes, "changed");
            }
            catch (DqException e)
            {
                Assert.Contains(e.Diagnostics[0].Code, (string[])[DiagnosticCodes.DataCorrupt, DiagnosticCodes.UnsafeArchive]);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }, iter: 20_000, threads: 1);

    [Fact]
    public void A_program_cannot_make_much_of_little()
    {
        // A million empty lists; and a text of a megabyte that is called from memory and encoded again and again.
        Assert.Contains("operations", Fails(string.Concat(Enumerable.Repeat("]", 1_100_000))).Message);
        const int length = 1 << 20;
        var text = "X\0\0\u0010\0" + new string('a', length) + "q\u0001X\u0006\0\0\0latin1q\u0002c_codecs\nencode\nq\u0003";
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("no bytes", Fails(text + string.Concat(Enumerable.Repeat("h\u0003h\u0001h\u0002\u0086R", 1000)) + ".").Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20 * length);
    }

    [Fact]
    public void An_array_has_no_more_dimensions_than_numpy_gave_it_and_is_not_filled_with_many_again_and_again()
    {
        Assert.Equal(32, Assert.IsType<PickledArray>(PickleReader.Read(Bytes("\u0080\u0002" + Filled(32) + "."), "small")).Shape.Length);
        Assert.Contains("0x62", Fails(Filled(33) + ".").Message);

        const int dimensions = 10_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("0x62", Fails(Filled(dimensions) + string.Concat(Enumerable.Repeat("h\u0001b", 1000)) + ".").Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 * dimensions);
    }

    /// <summary>An empty array and a state for it, which is kept as value 1.</summary>
    private static string Filled(int dimensions) =>
        "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085U\u0001b\u0087R"
        + "(K\u0001(" + string.Concat(Enumerable.Repeat("K\u0001", dimensions)) + "tcnumpy\ndtype\nU\u0002u1K\0K\u0001\u0087R\u0089U\0tq\u0001b";

    private static Diagnostic Fails(string program) => Assert.Throws<DqException>(() => PickleReader.Read(Bytes("\u0080\u0002" + program), "small")).Diagnostics[0];

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
