namespace DQPipeline.Testing;

/// <summary>The checkout that the tests run in.</summary>
internal static class Repository
{
    /// <summary>The nearest folder above the tests with the solution.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DQPipeline.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("DQPipeline.sln is not above the tests");
    }
}
