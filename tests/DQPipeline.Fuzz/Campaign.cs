using System.Diagnostics;
using System.Globalization;
using DQPipeline.Declarations;

namespace DQPipeline.Fuzz;

/// <summary>Mutates files and shows them to a reader until the time is up.</summary>
internal static class Campaign
{
    /// <summary>Bytes of memory that the process may ever have held: the largest of the files has a fraction of a megabyte.</summary>
    private const long LargestMemory = 3L << 30;

    public static int Run(Target target, TimeSpan time, int seed)
    {
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        var (shown, taken, said) = (0L, 0L, TimeSpan.Zero);
        var codes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var last = Path.Combine(Path.GetTempPath(), $"dq-fuzz-{target.Name}-{Environment.ProcessId}.bin");
        while (clock.Elapsed < time)
        {
            var file = target.Next(random);
            // A native crash takes the process with it: the file stays.
            File.WriteAllBytes(last, file);
            try
            {
                target.Show(file, last);
                taken++;
            }
            catch (DqException e) when (target.Codes.Contains(e.Diagnostics[0].Code))
            {
                codes[e.Diagnostics[0].Code] = codes.GetValueOrDefault(e.Diagnostics[0].Code) + 1;
            }
            catch (Exception e)
            {
                Console.Error.WriteLine($"{target.Name}: {last} (seed {seed}, file {shown}): {e}");
                return 1;
            }

            shown++;
            if (clock.Elapsed - said > TimeSpan.FromMinutes(1))
            {
                said = clock.Elapsed;
                Say();
            }
        }

        Say();
        File.Delete(last);
        var peak = Process.GetCurrentProcess().PeakWorkingSet64;
        if (peak <= LargestMemory)
            return 0;
        Console.Error.WriteLine($"{target.Name}: the process held {peak >> 20} MiB");
        return 1;

        void Say() => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Name}: {clock.Elapsed:hh\\:mm\\:ss}, {shown} files, {taken} taken, refused {string.Join(", ", codes.Select(code => $"{code.Key} {code.Value}"))}, at most {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB"));
    }
}
