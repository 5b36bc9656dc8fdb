using System.Globalization;

namespace DQPipeline.Faults;

/// <summary>A control group with less memory than the build needs: the kernel kills what asks for more.</summary>
internal sealed class MemoryFault : IFault
{
    private const string Folder = "/sys/fs/cgroup/memory";

    public string Name => "out of memory";

    public string? Missing => Directory.Exists(Folder) ? null : "no memory controller of control groups, version 1";

    public async Task<string> DisturbAsync(Scene scene, Random random)
    {
        var group = Path.Combine(Folder, $"dq-fault-{Guid.NewGuid():N}");
        _ = Directory.CreateDirectory(group);
        try
        {
            // From what the front end does not even start with to what one worker has and two have not.
            var limit = random.NextInt64(30L << 20, 700L << 20);
            File.WriteAllText(Path.Combine(group, "memory.limit_in_bytes"), limit.ToString(CultureInfo.InvariantCulture));
            using var build = Build.Start(scene.At(), before: $"echo $$ > {group}/cgroup.procs");
            var end = await build.EndAsync();
            // 137: the build itself was killed.
            if (end.Code != 137)
                _ = end.Orderly();
            return $"{limit >> 20} MiB, {end}";
        }
        finally
        {
            await RemoveAsync(group);
        }
    }

    // A worker whose build was killed ends when it sees that; a group with a process in it cannot go.
    private static async Task RemoveAsync(string group)
    {
        while (File.ReadAllText(Path.Combine(group, "cgroup.procs")).Length > 0)
            await Task.Delay(20);
        Directory.Delete(group);
    }
}
