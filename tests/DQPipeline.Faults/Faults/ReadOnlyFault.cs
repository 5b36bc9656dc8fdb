namespace DQPipeline.Faults;

/// <summary>A disk that can only be read from some moment on, wholly or in a part.</summary>
internal sealed class ReadOnlyFault : IFault
{
    private static readonly string[] s_parts = ["", ".dq", ".dq/cache", ".dq/work", ".dq/out", ".dq/checkpoints", ".dq/logs", ".dq/state"];

    public string Name => "read-only disk";

    public string? Missing => Shell.IsRoot ? null : "mounting takes root";

    public async Task<string> DisturbAsync(Scene scene, Random random)
    {
        var folder = scene.At(s_parts[random.Next(s_parts.Length)]);
        _ = Directory.CreateDirectory(folder);
        var early = random.Next(3) == 0;
        var moment = scene.Moment(random);
        Build? build = null;
        try
        {
            if (!early)
            {
                build = Build.Start(scene.At());
                if (await build.EndsWithinAsync(moment))
                    return "ended before";
            }

            // Whoever opens a file from now on opens it here.
            Shell.Run("mount", "-o", "bind,ro", folder, folder);
            try
            {
                build ??= Build.Start(scene.At());
                var end = (await build.EndAsync()).Orderly();
                return $"{(folder == scene.At("") ? "the whole" : Path.GetRelativePath(scene.At(), folder))}{(early ? "" : $" after {moment.TotalSeconds:0.0} s")}, {end}";
            }
            finally
            {
                build?.Kill();
                Shell.Run("umount", "-l", folder);
            }
        }
        finally
        {
            build?.Dispose();
        }
    }
}
