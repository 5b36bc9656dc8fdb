using System.Text;
using DQPipeline.Native;

namespace DQPipeline.Tests.Native;

public class OneDnnTests
{
    /// <summary>EAX of CPUID 8000_001D is 121h on a bare Zen: data cache (1), level 1 (bit 5), self-initialising (bit 8).</summary>
    [Theory]
    [InlineData("AuthenticAMD", 0x80000021, 0x121, false)]
    [InlineData("AuthenticAMD", 0x80000021, 0, true)]
    [InlineData("AuthenticAMD", 0x80000021, 0x4000, true)]
    [InlineData("AuthenticAMD", 0x8000001C, 0x121, true)]
    [InlineData("GenuineIntel", 0x80000008, 0, false)]
    public void An_AMD_processor_without_caches_is_known_by_its_answers(string vendor, uint highest, int first, bool hides)
    {
        Assert.Equal(hides, OneDnn.HidesCaches((function, part) => (unchecked((uint)function), part) switch
        {
            (0, 0) => (13, Letters(0), Letters(8), Letters(4)),
            (0x80000000, 0) => (unchecked((int)highest), 0, 0, 0),
            (0x8000001D, 0) => (first, 0x01C0003F, 63, 0),
            _ => throw new ArgumentOutOfRangeException(nameof(function)),
        }));

        // EBX, EDX and ECX spell the name.
        int Letters(int start) => BitConverter.ToInt32(Encoding.ASCII.GetBytes(vendor), start);
    }
}
