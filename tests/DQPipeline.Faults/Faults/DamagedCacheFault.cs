namespace DQPipeline.Faults;

/// <summary>Files below .dq that are no longer what was written: of the cache, the checkpoints, the placed outputs and what saves hashing; in an unfinished build and a finished one.</summary>
internal sealed class DamagedCacheFault : IFault
{
    public string Name => "damaged cache entries";

    public async Task<string> DisturbAsync(Scene scene, Random random)
    {
        using (var build = Build.Start(scene.At()))
        {
            if (random.Next(2) == 0 && !await build.EndsWithinAsync(scene.Moment(random)))
                build.Kill();
            _ = await build.EndAsync();
        }

        var count = random.Next(1, 4);
        return string.Join("; ", Enumerable.Range(0, count).Select(_ => Damage.OfOneFile(scene.At(".dq"), random)));
    }
}
