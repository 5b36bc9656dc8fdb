namespace DQPipeline.Testing;

/// <summary>Finds what only some machines have. Where CI promises a thing, its absence is a failure and not a skip.</summary>
internal static class RealData
{
    /// <summary>The JPEG edition of CIFAR-10 beside the checkout; skips the calling test where it is absent.</summary>
    public static string Cifar10Zip() => Require(FindUpwards(Path.Combine("shared", "data", "cifar10-jpeg.zip")), "shared/data/cifar10-jpeg.zip beside the checkout");

    /// <summary>A command of the system (python3 with torch, say); skips where it cannot be run.</summary>
    public static string Command(string name)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        return Require(found, $"the command '{name}'");
    }

    /// <summary>Passes <paramref name="found"/> on, or skips; fails instead under CI, where the script that runs the tests should have brought it.</summary>
    public static string Require(string? found, string what)
    {
        if (found is not null)
            return found;
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"{what} is missing, and CI promises it");
        Assert.Skip($"needs {what}");
        return "";
    }

    private static string? FindUpwards(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, relative);
            if (File.Exists(candidate))
                return candidate;
        }

        return null;
    }
}
