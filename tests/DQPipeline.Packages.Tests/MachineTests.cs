namespace DQPipeline.Packages.Tests;

/// <summary>The one test that is not explicit: a stranger's machine must be one, or the others prove nothing.</summary>
[Collection("machine")]
public class MachineTests(Machine machine)
{
    [Fact]
    public void Its_commands_know_nothing_of_the_process_that_runs_the_tests()
    {
        string[] ours = ["DQ_CHECKPOINT_SECONDS", "MSBuildSDKsPath", "NUGET_PACKAGES", "DOTNET_HOST_PATH", "CI"];
        foreach (var name in ours.Where(name => Environment.GetEnvironmentVariable(name) is null))
            Environment.SetEnvironmentVariable(name, "/ours");
        var start = machine.Command(machine.Home, "dotnet", []);
        Assert.Equal(machine.Home, start.Environment["HOME"]);
        Assert.StartsWith(machine.Home, machine.Cache, StringComparison.Ordinal);
        Assert.All(ours, name => Assert.False(start.Environment.ContainsKey(name), name));
    }
}
