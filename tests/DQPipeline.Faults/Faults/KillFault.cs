using System.Diagnostics;

namespace DQPipeline.Faults;

/// <summary>SIGKILL at a random moment: to the build alone, to one of its workers, or to all at once.</summary>
internal sealed class KillFault : IFault
{
    public string Name => "kill -9";

    public async Task<string> DisturbAsync(Scene scene, Random random)
    {
        using var build = Build.Start(scene.At());
        var moment = scene.Moment(random);
        if (await build.EndsWithinAsync(moment))
            return "ended before";
        var which = random.Next(3);
        var workers = build.Workers();
        if (which == 0)
            build.Kill();
        else if (which == 1 || workers.Count == 0)
            Kill(build.ProcessId);
        else
            Kill(workers[random.Next(workers.Count)]);
        var end = await build.EndAsync();
        if (which == 2 && workers.Count > 0)
            _ = end.Orderly();
        return $"{(which == 0 ? "all" : which == 1 || workers.Count == 0 ? "the build" : "a worker")} after {moment.TotalSeconds:0.0} s, {end}";
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It ended by itself meanwhile.
        }
    }
}
