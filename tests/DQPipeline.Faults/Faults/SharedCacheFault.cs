using System.Text.Json.Nodes;

namespace DQPipeline.Faults;

/// <summary>Two machines with a checkout each and one cache between them, a folder: both build at the same time, one may be killed, and files of the cache may be damaged.</summary>
internal sealed class SharedCacheFault : IFault
{
    public string Name => "shared cache of two machines";

    public async Task<string> DisturbAsync(Scene scene, Random random)
    {
        var shared = scene.Beside("shared");
        _ = Directory.CreateDirectory(shared);
        string[] folders = [scene.At(), scene.Other()];
        foreach (var folder in folders)
            Share(folder, shared);
        using var here = Build.Start(folders[0]);
        _ = await here.EndsWithinAsync(scene.Moment(random) * random.Next(2));
        using var there = Build.Start(folders[1]);
        var killed = random.Next(3) == 0 && !await here.EndsWithinAsync(scene.Moment(random));
        if (killed)
            here.Kill();
        var ends = await Task.WhenAll(here.EndAsync(), there.EndAsync());
        await there.SucceedAsync();
        if (!killed)
            await here.SucceedAsync();
        var other = Scene.Outcome(folders[1]);
        // A machine that has nothing yet, and a cache that is no longer what it was.
        var damaged = random.Next(2) == 0 ? Damage.OfOneFile(shared, random) : null;
        Directory.Delete(Path.Combine(folders[0], ".dq"), recursive: true);
        File.Delete(Path.Combine(folders[0], "dq.lock"));
        using (var fresh = Build.Start(folders[0]))
            await fresh.SucceedAsync();
        if (!other.SequenceEqual(scene.Outcome()))
            throw new FaultException("the two machines do not have the same");
        return $"{string.Join(", ", (IEnumerable<Ended>)ends)}{(killed ? ", one killed" : "")}{(damaged is null ? "" : $"; then {damaged}")}";
    }

    private static void Share(string folder, string shared)
    {
        var path = Path.Combine(folder, "dq.json");
        var declaration = JsonNode.Parse(File.ReadAllText(path))!;
        declaration["cache"] = new JsonObject { ["remote"] = shared, ["write"] = true };
        File.WriteAllText(path, declaration.ToJsonString());
    }
}
