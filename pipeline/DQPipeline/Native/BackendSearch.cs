using DQPipeline.Declarations;

namespace DQPipeline.Native;

/// <summary>What the search for libtorch depends on, gathered in one place so that it can be tested for any machine.</summary>
/// <param name="Rid">Runtime identifier, such as <c>linux-x64</c>.</param>
/// <param name="AppFolder">The folder of the running application.</param>
/// <param name="LibTorch">The value of DQ_LIBTORCH, or null.</param>
/// <param name="NuGetPackages">The value of NUGET_PACKAGES, or null.</param>
/// <param name="UserProfile">The user's home folder; empty where there is none.</param>
/// <param name="FileExists">Whether a file is there.</param>
internal sealed record BackendEnvironment(
    string Rid, string AppFolder, string? LibTorch, string? NuGetPackages, string UserProfile, Func<string, bool> FileExists);

/// <summary>Where the two halves of the backend lie.</summary>
/// <param name="LibTorchFolder">The folder of libtorch's libraries.</param>
/// <param name="LibTorchSharp">The path of TorchSharp's own native library.</param>
/// <param name="HasCuda">Whether the libtorch is a CUDA build.</param>
internal sealed record BackendLocation(string LibTorchFolder, string LibTorchSharp, bool HasCuda);

/// <summary>A NuGet package that holds a half of the backend.</summary>
internal sealed record BackendPackage(string Id, string Version)
{
    public override string ToString() => $"{Id} {Version}";
}

/// <summary>
/// Finds libtorch: in the application's own folder, else where DQ_LIBTORCH points, else in the NuGet packages folder.
/// The own folder comes first because the runtime itself looks there before anybody is asked, and two copies of libtorch in one process
/// crash it. DQ_LIBTORCH comes before the packages because a person who sets it means it, and because the packages folder of
/// a machine that builds this always holds the CPU libtorch: otherwise a CUDA libtorch could never be chosen.
/// </summary>
internal static class BackendSearch
{
    /// <summary>The variable that names a folder with libtorch.</summary>
    public const string Variable = "DQ_LIBTORCH";

    private static readonly BackendPackage TorchSharp = new("TorchSharp", NativeBackend.TorchSharpVersion);

    /// <summary>Finds both halves of the backend.</summary>
    /// <exception cref="DqException">DQ3001: one of them is nowhere, or DQ_LIBTORCH points at a folder without libtorch.</exception>
    public static BackendLocation Find(BackendEnvironment environment)
    {
        var chosen = string.IsNullOrWhiteSpace(environment.LibTorch) ? null : ChosenFolder(environment, environment.LibTorch);
        string[] torchFolders = Folders(environment, chosen, LibTorch(environment.Rid));
        string[] sharpFolders = Folders(environment, chosen, TorchSharp);
        var torch = First(environment, torchFolders, "torch_cpu") ?? throw Missing("libtorch", torchFolders, $"Restore the package {LibTorch(environment.Rid)}");
        var sharp = First(environment, sharpFolders, "LibTorchSharp") ?? throw Missing("LibTorchSharp", sharpFolders, $"Restore the package {TorchSharp}");
        return new BackendLocation(torch, Path.Combine(sharp, FileName(environment.Rid, "LibTorchSharp")), environment.FileExists(Path.Combine(torch, FileName(environment.Rid, "torch_cuda"))));
    }

    /// <summary>The packages that hold what is nowhere; none where DQ_LIBTORCH is set, because the person who set it did not ask for another.</summary>
    public static IReadOnlyList<BackendPackage> MissingPackages(BackendEnvironment environment)
    {
        if (!string.IsNullOrWhiteSpace(environment.LibTorch))
            return [];
        var missing = new List<BackendPackage>();
        if (First(environment, Folders(environment, null, LibTorch(environment.Rid)), "torch_cpu") is null)
            missing.Add(LibTorch(environment.Rid));
        if (First(environment, Folders(environment, null, TorchSharp), "LibTorchSharp") is null)
            missing.Add(TorchSharp);
        return missing;
    }

    /// <summary>The folder of restored NuGet packages; null where there is neither the variable nor a home.</summary>
    public static string? PackagesFolder(BackendEnvironment environment) =>
        !string.IsNullOrWhiteSpace(environment.NuGetPackages) ? environment.NuGetPackages
        : environment.UserProfile.Length > 0 ? Path.Combine(environment.UserProfile, ".nuget", "packages")
        : null;

    /// <summary>How a library's file is called on the system of <paramref name="rid"/>.</summary>
    public static string FileName(string rid, string library) =>
        rid.StartsWith("win", StringComparison.Ordinal) ? $"{library}.dll"
        : rid.StartsWith("osx", StringComparison.Ordinal) ? $"lib{library}.dylib"
        : $"lib{library}.so";

    /// <summary>DQ_LIBTORCH as given, or its lib folder: both the unpacked libtorch and its lib folder are natural to name.</summary>
    private static string ChosenFolder(BackendEnvironment environment, string value)
    {
        var candidates = new[] { value, Path.Combine(value, "lib") };
        return candidates.FirstOrDefault(folder => environment.FileExists(Path.Combine(folder, FileName(environment.Rid, "torch_cpu"))))
            ?? throw Missing($"libtorch where {Variable} points", candidates, $"Unset {Variable}");
    }

    private static string[] Folders(BackendEnvironment environment, string? chosen, BackendPackage package)
    {
        string[] own = [environment.AppFolder, Path.Combine(environment.AppFolder, "runtimes", environment.Rid, "native")];
        string? restored = PackagesFolder(environment) is { } packages ? Path.Combine(packages, package.Id.ToLowerInvariant(), package.Version, "runtimes", environment.Rid, "native") : null;
        return [.. own, .. Optional(chosen), .. Optional(restored)];
    }

    private static string? First(BackendEnvironment environment, string[] folders, string library) =>
        Array.Find(folders, folder => environment.FileExists(Path.Combine(folder, FileName(environment.Rid, library))));

    private static BackendPackage LibTorch(string rid) => new($"libtorch-cpu-{rid}", NativeBackend.LibTorchVersion);

    private static IEnumerable<string> Optional(string? folder) => folder is null ? [] : [folder];

    private static DqException Missing(string what, IEnumerable<string> searched, string mend) => new(
        DiagnosticCodes.BackendMissing,
        $"No {what} was found; looked in {string.Join(", ", searched.Select(folder => $"'{folder}'"))}. {mend}, or set {Variable} to the folder of a libtorch {NativeBackend.LibTorchVersion}.");
}
