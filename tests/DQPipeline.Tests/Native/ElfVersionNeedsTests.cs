using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using CsCheck;
using DQPipeline.Native;
using DQPipeline.Testing;

namespace DQPipeline.Tests.Native;

public class ElfVersionNeedsTests
{
    [Fact]
    public void Only_the_flags_of_the_named_need_change()
    {
        var elf = Crafted();
        var relaxed = ElfVersionNeeds.Relax(elf, "V_2")!;
        var changed = Enumerable.Range(0, elf.Length).Where(i => elf[i] != relaxed[i]).ToArray();
        Assert.Equal([SecondFlags], changed);
        Assert.Equal(2, relaxed[SecondFlags]);
    }

    [Theory]
    [InlineData("V_3")] // nowhere
    [InlineData("V_")] // only the beginning of a name
    [InlineData("_2")] // only its end
    public void A_library_without_the_need_is_left_alone(string version) => Assert.Null(ElfVersionNeeds.Relax(Crafted(), version));

    [Fact]
    public void A_need_that_is_weak_already_is_left_alone() => Assert.Null(ElfVersionNeeds.Relax(ElfVersionNeeds.Relax(Crafted(), "V_1")!, "V_1"));

    [Fact]
    public void Any_damage_is_an_answer_or_a_BadImageFormatException_and_never_ends_the_process()
    {
        var elf = Crafted();
        (from length in Gen.Int[0, elf.Length] from at in Gen.Int[0, elf.Length - 1] from value in Gen.Byte select (length, at, value)).Sample(damage =>
        {
            var damaged = elf.ToArray();
            damaged[damage.at] = damage.value;
            try
            {
                ElfVersionNeeds.Relax(damaged.AsSpan(0, damage.length), "V_2");
            }
            catch (BadImageFormatException)
            {
                // The one failure that the caller knows.
            }
        }, iter: 5000);
    }

    [Fact]
    public void Readelf_sees_the_shipped_library_with_one_weak_need_and_no_other_change()
    {
        var readelf = RealData.Command("readelf");
        var shipped = RealData.Require(NativeBackend.Probe().LibTorchSharp, "LibTorchSharp of the TorchSharp package");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "an ELF library");
        var folder = Directory.CreateTempSubdirectory("dq-elf-");
        try
        {
            var path = Path.Combine(folder.FullName, "relaxed.so");
            File.WriteAllBytes(path, ElfVersionNeeds.Relax(File.ReadAllBytes(shipped), RelaxedCopy.Version)!);
            var (before, after) = (Needs(readelf, shipped), Needs(readelf, path));
            var changes = before.Zip(after).Where(pair => pair.First != pair.Second).ToArray();
            var (strong, weak) = Assert.Single(changes);
            Assert.Contains("Name: GLIBCXX_3.4.32  Flags: none", strong, StringComparison.Ordinal);
            Assert.Contains("Name: GLIBCXX_3.4.32  Flags: WEAK", weak, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private const int SecondFlags = 64 + 16 + 16 + 4;

    /// <summary>A header, one version-needs section (one file with the needs V_1 and V_2), its names, and three section headers.</summary>
    private static byte[] Crafted()
    {
        const int needs = 64;
        const int names = needs + 48;
        const int sections = names + 16;
        var elf = new byte[sections + 3 * 64];
        "\u007fELF\u0002\u0001"u8.CopyTo(elf);
        Write64(0x28, sections);
        Write16(0x3c, 3);
        Write16(needs + 2, 2);
        Write32(needs + 8, 16);
        Write32(needs + 16 + 8, 4);
        Write32(needs + 16 + 12, 16);
        Write32(needs + 32 + 8, 8);
        Encoding.ASCII.GetBytes("lib\0V_1\0V_2\0").CopyTo(elf, names);
        Write32(sections + 64 + 4, 0x6ffffffe);
        Write64(sections + 64 + 0x18, needs);
        Write32(sections + 64 + 0x28, 2);
        Write32(sections + 64 + 0x2c, 1);
        Write64(sections + 128 + 0x18, names);
        return elf;

        void Write16(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(at), value);
        void Write32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(at), value);
        void Write64(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(elf.AsSpan(at), value);
    }

    private static string[] Needs(string readelf, string path)
    {
        using var process = Process.Start(new ProcessStartInfo(readelf, ["-V", "-W", path]) { RedirectStandardOutput = true })!;
        var lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        return lines;
    }
}
