using System.Runtime.InteropServices;
using System.Runtime.Loader;
using DQPipeline.Declarations;
using TorchSharp;

namespace DQPipeline.Native;

/// <summary>Loads the libraries of a <see cref="BackendLocation"/> in the order in which they need one another.</summary>
internal static class NativeLoader
{
    /// <summary>The marker that a libstdc++ with GLIBCXX_3.4.32 exports, and an older one does not.</summary>
    private const string Marker = "_ZSt21ios_base_library_initv";

    /// <summary>This machine as packages name it: the portable identifier, not the distribution's.</summary>
    public static string Rid { get; } =
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")
        + (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "-arm64" : "-x64");

    /// <summary>Loads libtorch and LibTorchSharp; true where a relaxed copy of the latter was needed.</summary>
    /// <exception cref="DqException">DQ3002: a library does not load.</exception>
    public static bool Load(BackendLocation location)
    {
        // Each finds its own needs beside itself; LibTorchSharp, which may lie elsewhere, finds these already loaded.
        string[] libraries = location.HasCuda ? ["torch_cpu", "torch_cuda", "torch"] : ["torch_cpu", "torch"];
        var handles = new Dictionary<string, nint>();
        foreach (var library in libraries)
        {
            var path = Path.Combine(location.LibTorchFolder, BackendSearch.FileName(Rid, library));
            handles[library] = LoadOne(path, path);
        }

        if (OneDnn.PadsWrongly)
            Nnpack.Disable(handles["torch_cpu"]);

        var relaxed = OperatingSystem.IsLinux() && !SystemHasMarker() ? Relax(location.LibTorchSharp) : null;
        handles["LibTorchSharp"] = relaxed is null ? LoadOne(location.LibTorchSharp, location.LibTorchSharp) : LoadRelaxed(location.LibTorchSharp, relaxed);

        // Raised when the runtime's own probing failed, which it does for what lies in the packages folder.
        var context = AssemblyLoadContext.GetLoadContext(typeof(torch).Assembly) ?? AssemblyLoadContext.Default;
        context.ResolvingUnmanagedDll += (_, name) => handles.GetValueOrDefault(name);
        return relaxed is not null;
    }

    /// <summary>The diagnostic of a library that is there, but does not load.</summary>
    public static DqException Broken(string path, Exception cause) => new(
        DiagnosticCodes.BackendBroken,
        $"The native library '{path}' does not load: {Reason(cause)}. "
        + $"It may be damaged or of another version: delete its folder and restore again, or set {BackendSearch.Variable} to the folder of a libtorch {NativeBackend.LibTorchVersion}.",
        inner: cause);

    /// <summary>The runtime puts advice about debuggers before what the system's loader said; the last line says it.</summary>
    private static string Reason(Exception cause) => cause.GetBaseException().Message.Trim().Split('\n')[^1].TrimEnd('.');

    private static nint LoadOne(string path, string named)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw Broken(named, e);
        }
    }

    private static nint LoadRelaxed(string original, byte[] relaxed)
    {
        var folders = RelaxedCopy.CacheFolders(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME"),
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify));
        if (RelaxedCopy.Keep(relaxed, folders) is { } kept)
            return LoadOne(kept, original);
        try
        {
            return RelaxedCopy.Pass(relaxed, path => LoadOne(path, original));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Broken(original, new IOException($"a copy that fits this system's libstdc++ cannot be written to the cache or temporary folder: {e.Message}", e));
        }
    }

    private static byte[]? Relax(string path)
    {
        try
        {
            return ElfVersionNeeds.Relax(File.ReadAllBytes(path), RelaxedCopy.Version);
        }
        catch (Exception e) when (e is BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            throw Broken(path, e);
        }
    }

    private static bool SystemHasMarker() =>
        NativeLibrary.TryLoad("libstdc++.so.6", out var handle) && NativeLibrary.TryGetExport(handle, Marker, out _);
}
