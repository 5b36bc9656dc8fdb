using DQPipeline.Native;

namespace DQPipeline.Tool.Commands;

/// <summary>Resolves <c>--device</c> to the kind that keys hold, without loading libtorch where the answer is plain.</summary>
internal static class DeviceKind
{
    /// <summary>False where there is certainly no CUDA GPU: every working NVIDIA driver on Linux has the first of these nodes, or under Windows the second, so no library needs to be asked.</summary>
    public static bool MayHaveGpu => !OperatingSystem.IsMacOS() && (!OperatingSystem.IsLinux() || File.Exists("/dev/nvidiactl") || File.Exists("/dev/dxg"));

    public static string Of(string device) => device != "auto" ? device : MayHaveGpu ? AskBackend() : "cpu";

    private static string AskBackend() => NativeBackend.Probe().CudaAvailable ? "cuda" : "cpu";
}
