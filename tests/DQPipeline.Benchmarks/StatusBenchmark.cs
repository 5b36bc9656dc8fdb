using System.Globalization;

namespace DQPipeline.Benchmarks;

/// <summary>What <c>dq status</c> takes where nothing changed: 10,000 targets on a folder of a million small files.</summary>
internal static class StatusBenchmark
{
    private const int Targets = 10_000;
    private const int Classes = 100;

    /// <returns>0 where the median is at most 3 s, else 1.</returns>
    public static async Task<int> RunAsync(string tool, int files)
    {
        var work = Directory.CreateTempSubdirectory("dq-status-").FullName;
        try
        {
            _ = Parallel.For(0, 2 * Classes, i => Fill(Path.Combine(work, "images", i < Classes ? "train" : "test", $"class{i % Classes:000}"), files / (2 * Classes)));
            await StartupBenchmark.PrepareAsync(work, Targets, """{ "kind": "image-folder", "path": "images", "size": 8 }""");
            // Files younger than two seconds prove nothing, and the first look reads what was hashed too young.
            await Task.Delay(TimeSpan.FromSeconds(2));
            _ = StartupBenchmark.Time(tool, work, "status");
            var times = Enumerable.Range(0, 5).Select(_ => StartupBenchmark.Time(tool, work, "status")).ToList();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"dq status, {Targets} targets, {files} files, nothing changed: {StartupBenchmark.Median(times):F0} ms ({times.Min():F0} – {times.Max():F0}), {Environment.ProcessorCount} processors, {DateTime.UtcNow:yyyy-MM-dd}"));
            return StartupBenchmark.Median(times) <= 3000 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static void Fill(string folder, int files)
    {
        _ = Directory.CreateDirectory(folder);
        for (var i = 0; i < files; i++)
            File.WriteAllText(Path.Combine(folder, $"{i:000000}.png"), folder.Length.ToString(CultureInfo.InvariantCulture) + i.ToString(CultureInfo.InvariantCulture));
    }
}
