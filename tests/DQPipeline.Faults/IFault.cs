namespace DQPipeline.Faults;

/// <summary>A way in which a build is disturbed.</summary>
internal interface IFault
{
    /// <summary>As the table calls it.</summary>
    string Name { get; }

    /// <summary>Why this machine cannot bring the fault about; null where it can.</summary>
    string? Missing => null;

    /// <summary>
    /// Disturbs a build in <paramref name="scene"/>, a folder that was never built in, and takes the disturbance away again. What the scene is left with is for the build
    /// that follows, which nothing disturbs.
    /// </summary>
    /// <returns>What happened, for people.</returns>
    Task<string> DisturbAsync(Scene scene, Random random);
}
