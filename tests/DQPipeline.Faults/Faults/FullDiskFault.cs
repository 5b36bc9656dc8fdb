namespace DQPipeline.Faults;

/// <summary>A disk with less room than the build needs: it fills up at some write, of the build or of a worker.</summary>
internal sealed class FullDiskFault : IFault
{
    /// <summary>KiB that an undisturbed build leaves, and a little more.</summary>
    private const int Needed = 2500;

    public string Name => "full disk";

    public string? Missing => Shell.IsRoot ? null : "mounting takes root";

    public async Task<string> DisturbAsync(Scene scene, Random random)
    {
        var room = random.Next(16, Needed);
        scene.OnDisk(room);
        using var build = Build.Start(scene.At());
        var end = (await build.EndAsync()).Orderly();
        scene.Grow();
        return $"{room} KiB, {end}";
    }
}
