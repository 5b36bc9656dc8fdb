namespace DQPipeline.Faults;

/// <summary>
/// A dq.lock that is no longer what was written. A build says where (and changes nothing) or goes on; a person then does what the error asks for, which is to take the file from
/// git, where it is committed; one who has no git removes it.
/// </summary>
internal sealed class DamagedLockFault : IFault
{
    public string Name => "damaged dq.lock";

    public async Task<string> DisturbAsync(Scene scene, Random random)
    {
        using (var build = Build.Start(scene.At()))
            await build.SucceedAsync();
        var damage = Damage.OfBytes(scene.At("dq.lock"), random);
        var damaged = File.ReadAllBytes(scene.At("dq.lock"));
        using var after = Build.Start(scene.At());
        var end = (await after.EndAsync()).Orderly();
        if (end.Code == 0)
            return $"{damage}, {end}";
        if (!damaged.SequenceEqual(File.ReadAllBytes(scene.At("dq.lock"))))
            throw new FaultException($"{damage}: a build that failed has written dq.lock");
        File.Delete(scene.At("dq.lock"));
        return $"{damage}, {end}, removed";
    }
}
