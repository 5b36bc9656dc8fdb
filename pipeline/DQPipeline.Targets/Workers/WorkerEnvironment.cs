using System.Globalization;

namespace DQPipeline.Targets.Workers;

/// <summary>What native libraries read from the environment when a worker starts, before it could say anything itself.</summary>
internal static class WorkerEnvironment
{
    /// <summary>The settings of the GNU C library: name=value, with colons between.</summary>
    public const string Tunables = "GLIBC_TUNABLES";

    /// <summary>Tensors in huge pages, where the system gives them to whoever asks: fewer faults, and fewer misses of the TLB. glibc has it since 2.35; others take no notice.</summary>
    public const string HugePages = "glibc.malloc.hugetlb=1";

    /// <summary>How many threads the math libraries start.</summary>
    /// <param name="threads">At least 1.</param>
    public static IEnumerable<(string Name, string Value)> Threads(int threads)
    {
        var count = threads.ToString(CultureInfo.InvariantCulture);
        return [("OMP_NUM_THREADS", count), ("MKL_NUM_THREADS", count)];
    }

    /// <summary>Sets both for a process that is not started yet.</summary>
    /// <param name="environment">Its environment. What is set of the C library there comes after ours, and so goes before it.</param>
    /// <param name="threads">At least 1.</param>
    public static void Set(IDictionary<string, string?> environment, int threads)
    {
        foreach (var (name, value) in Threads(threads))
            environment[name] = value;
        environment[Tunables] = environment.TryGetValue(Tunables, out var set) && set is { Length: > 0 } ? $"{HugePages}:{set}" : HugePages;
    }
}
