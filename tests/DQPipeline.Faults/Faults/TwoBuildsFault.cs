namespace DQPipeline.Faults;

/// <summary>Two builds of one folder at the same time, of which one may be killed: the other waits, and takes over.</summary>
internal sealed class TwoBuildsFault : IFault
{
    public string Name => "two builds at once";

    public async Task<string> DisturbAsync(Scene scene, Random random)
    {
        using var first = Build.Start(scene.At());
        _ = await first.EndsWithinAsync(scene.Moment(random) * random.Next(2));
        var waits = random.Next(4) > 0;
        using var second = Build.Start(scene.At(), arguments: waits ? [] : ["--no-wait"]);
        var killed = random.Next(3);
        if (killed > 0 && !await first.EndsWithinAsync(scene.Moment(random)))
            (killed == 1 ? first : second).Kill();
        var ends = await Task.WhenAll(first.EndAsync(), second.EndAsync());
        if (killed != 1)
            await first.SucceedAsync();
        if (waits && killed != 2)
            await second.SucceedAsync();
        return $"{string.Join(", ", (IEnumerable<Ended>)ends)}{(waits ? "" : ", the second does not wait")}{killed switch { 1 => ", the first killed", 2 => ", the second killed", _ => "" }}";
    }
}
