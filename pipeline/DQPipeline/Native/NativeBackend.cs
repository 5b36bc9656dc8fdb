using System.Runtime.CompilerServices;
using DQPipeline.Declarations;
using TorchSharp;

namespace DQPipeline.Native;

/// <summary>What <c>dq doctor</c> tells about the native backend.</summary>
/// <param name="LibTorchFolder">The folder from which libtorch is loaded; null where none was found.</param>
/// <param name="LibTorchSharp">The path of TorchSharp's own native library, as found; null where none was found.</param>
/// <param name="TorchSharpVersion">The version of TorchSharp.</param>
/// <param name="LibTorchVersion">The version of libtorch that this TorchSharp is built against.</param>
/// <param name="IsRelaxed">Whether a copy with a weakened GLIBCXX_3.4.32 need was loaded, because the system's libstdc++ is older.</param>
/// <param name="HasCudaBuild">Whether the libtorch found is a CUDA build.</param>
/// <param name="CudaAvailable">Whether a CUDA device can be used.</param>
/// <param name="Problem">What is wrong and its mend; null where the backend works.</param>
public sealed record BackendReport(
    string? LibTorchFolder, string? LibTorchSharp, string TorchSharpVersion, string LibTorchVersion,
    bool IsRelaxed, bool HasCudaBuild, bool CudaAvailable, Diagnostic? Problem);

/// <summary>
/// Loads libtorch and TorchSharp's native library, in place: from the application's own folder, else from where DQ_LIBTORCH points, else
/// from the NuGet packages folder. To be called before any TorchSharp type is touched.
/// </summary>
public static class NativeBackend
{
    /// <summary>The version of TorchSharp.</summary>
    public const string TorchSharpVersion = "0.107.0";

    /// <summary>The libtorch that this TorchSharp was built against.</summary>
    public const string LibTorchVersion = "2.10.0";

    private static readonly Lock Gate = new();
    private static BackendLocation? location;
    private static bool isRelaxed;
    private static DqException? failure;
    private static bool isLoaded;

    /// <summary>Loads the backend; does nothing the second time. Safe from any thread.</summary>
    /// <exception cref="DqException">DQ3001: no libtorch was found. DQ3002: it was found, but does not load.</exception>
    public static void Load()
    {
        lock (Gate)
        {
            if (isLoaded)
                return;
            // A half-loaded libtorch does not become whole by trying again in the same process.
            if (failure is not null)
                throw new DqException(failure.Diagnostics, failure);
            try
            {
                location = BackendSearch.Find(CurrentEnvironment());
                isRelaxed = NativeLoader.Load(location);
                Initialize();
                isLoaded = true;
            }
            catch (DqException e)
            {
                failure = e;
                throw;
            }
        }
    }

    /// <summary>Tries to load the backend and tells what came of it. Throws nothing.</summary>
    public static BackendReport Probe()
    {
        Diagnostic? problem = null;
        var cuda = false;
        try
        {
            Load();
            cuda = Devices.IsCudaAvailable();
        }
        catch (DqException e)
        {
            problem = e.Diagnostics[0];
        }

        lock (Gate)
        {
            return new BackendReport(
                location?.LibTorchFolder, location?.LibTorchSharp, TorchSharpVersion, LibTorchVersion,
                isRelaxed, location?.HasCuda ?? false, cuda, problem);
        }
    }

    /// <summary>What the search goes by on this machine.</summary>
    internal static BackendEnvironment CurrentEnvironment() => new(
        NativeLoader.Rid,
        AppContext.BaseDirectory,
        Environment.GetEnvironmentVariable(BackendSearch.Variable),
        Environment.GetEnvironmentVariable("NUGET_PACKAGES"),
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
        File.Exists);

    /// <summary>Lets TorchSharp find what is loaded. Not inlined: TorchSharp's types must not be touched before.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Initialize()
    {
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException or EntryPointNotFoundException or InvalidOperationException)
        {
            throw NativeLoader.Broken(location!.LibTorchSharp, e);
        }
    }
}
