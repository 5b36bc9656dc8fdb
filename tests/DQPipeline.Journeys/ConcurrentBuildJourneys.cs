namespace DQPipeline.Journeys;

/// <summary>Several builds of one folder at the same time, as a developer and an editor's watcher start them: one works, the others wait and find the work done.</summary>
public class ConcurrentBuildJourneys
{
    private const int Builds = 8;

    [Fact]
    public async Task Eight_builds_in_one_folder_run_each_target_once_and_all_succeed()
    {
        using var alone = new Folder();
        _ = (await DqTool.RunAsync(alone.Path, "build")).Expect(0);
        using var folder = new Folder();
        var builds = await Task.WhenAll(Enumerable.Range(0, Builds).Select(_ => DqTool.RunAsync(folder.Path, "build")));
        Assert.All(builds, build => build.Expect(0));
        // Two trainings, and one worker for all cells of each model.
        Assert.Equal(4, folder.Workers());
        Assert.Equal(alone.Workers(), folder.Workers());
        Assert.Contains(builds, build => build.Error.Contains("waiting for another build", StringComparison.Ordinal));
        Assert.Equal(File.ReadAllBytes(alone.At("dq.lock")), File.ReadAllBytes(folder.At("dq.lock")));
        foreach (var model in (string[])["full", "dq"])
            Assert.Equal(File.ReadAllBytes(alone.At(".dq", "out", model, "model.safetensors")), File.ReadAllBytes(folder.At(".dq", "out", model, "model.safetensors")));
    }
}
