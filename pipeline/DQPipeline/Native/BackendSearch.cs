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

    /// <summary>Finds both halves of the backend.</summary>
    /// <exception cref="DqException">DQ3001: one of them is nowhere, or DQ_LIBTORCH points at a folder without libtorch.</exception>
    public static BackendLocation Find(BackendEnvironment environment)
    {
        var own = new[] { environment.AppFolder, Path.Combine(environment.AppFolder, "runtimes", environment.Rid, "native") };
        var chosen = string.IsNullOrWhiteSpace(environment.LibTorch) ? null : ChosenFolder(environment, environment.LibTorch);
        var packages = PackagesFolder(environment);
        var torchPackage = PackageFolder(packages, $"libtorch-cpu-{environment.Rid}", NativeBackend.LibTorchVersion, environment.Rid);
        var sharpPackage = PackageFolder(packages, "torchsharp", NativeBackend.TorchSharpVersion, environment.Rid);

        IEnumerable<string> torchFolders = [.. own, .. Optional(chosen), .. Optional(torchPackage)];
        IEnumerable<string> sharpFolders = [.. own, .. Optional(chosen), .. Optional(sharpPackage)];
        var torch = torchFolders.FirstOrDefault(folder => environment.FileExists(Path.Combine(folder, FileName(environment.Rid, "torch_cpu"))))
            ?? throw Missing("libtorch", torchFolders, $"Restore the package libtorch-cpu-{environment.Rid} {NativeBackend.LibTorchVersion}");
        var sharp = sharpFolders.Select(folder => Path.Combine(folder, FileName(environment.Rid, "LibTorchSharp"))).FirstOrDefault(environment.FileExists)
            ?? throw Missing("LibTorchSharp", sharpFolders, $"Restore the package TorchSharp {NativeBackend.TorchSharpVersion}");
        return new BackendLocation(torch, sharp, environment.FileExists(Path.Combine(torch, FileName(environment.Rid, "torch_cuda"))));
    }

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

    private static string? PackagesFolder(BackendEnvironment environment) =>
        !string.IsNullOrWhiteSpace(environment.NuGetPackages) ? environment.NuGetPackages
        : environment.UserProfile.Length > 0 ? Path.Combine(environment.UserProfile, ".nuget", "packages")
        : null;

    private static string? PackageFolder(string? packages, string id, string version, string rid) =>
        packages is null ? null : Path.Combine(packages, id, version, "runtimes", rid, "native");

    private static IEnumerable<string> Optional(string? folder) => folder is null ? [] : [folder];

    private static DqException Missing(string what, IEnumerable<string> searched, string mend) => new(
        DiagnosticCodes.BackendMissing,
        $"No {what} was found; looked in {string.Join(", ", searched.Select(folder => $"'{folder}'"))}. {mend}, or set {Variable} to the folder of a libtorch {NativeBackend.LibTorchVersion}.");
}
