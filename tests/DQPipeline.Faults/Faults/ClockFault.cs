namespace DQPipeline.Faults;

/// <summary>A clock that jumps, forward or back, by seconds or by years, while the build runs; files come to be older than what was made of them, or of tomorrow.</summary>
internal sealed class ClockFault : IFault
{
    private static readonly string? s_library = Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
        : null;

    public string Name => "clock jump";

    public string? Missing => s_library is null ? "libfaketime is not installed" : null;

    public async Task<string> DisturbAsync(Scene scene, Random random)
    {
        var clock = scene.Beside("clock");
        await File.WriteAllTextAsync(clock, "+0");
        var environment = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = s_library!,
            ["FAKETIME_TIMESTAMP_FILE"] = clock,
            ["FAKETIME_NO_CACHE"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        };
        using var build = Build.Start(scene.At(), environment);
        var jumps = new List<string>();
        var kill = random.Next(2) == 0;
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            if (await build.EndsWithinAsync(scene.Moment(random) / 2))
                break;
            // Half of them small, as time servers set clocks; half of them as a battery does that is empty.
            var seconds = random.Next(2) == 0 ? random.Next(-90, 90) : random.Next(-400_000_000, 400_000_000);
            jumps.Add($"{seconds:+0;-0} s");
            await File.WriteAllTextAsync(clock + ".new", jumps[^1][..^2]);
            File.Move(clock + ".new", clock, overwrite: true);
            File.SetLastWriteTimeUtc(scene.At("dq.json"), DateTime.UtcNow.AddSeconds(seconds));
        }

        if (kill)
            build.Kill();
        var end = await build.EndAsync();
        return $"{string.Join(", ", jumps)}{(kill ? ", killed" : "")}, {(kill ? end : end.Orderly())}";
    }
}
