namespace DQPipeline.MSBuild.Tests;

internal static class Repository
{
    /// <summary>The checkout that the tests run in.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "DQPipeline.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("No DQPipeline.sln above the tests.");
        return folder;
    }
}
