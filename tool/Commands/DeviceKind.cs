using DQPipeline.Native;

namespace DQPipeline.Tool.Commands;

/// <summary>Resolves <c>--device</c> to the kind that keys hold, without loading libtorch where the answer is plain.</summary>
internal static class DeviceKind
{
    public static string Of(string device)
    {
        if (device != "auto")
            return device;
        // Every working NVIDIA driver on Linux has this node; without it no library needs to be asked.
        if (OperatingSystem.IsMacOS() || (OperatingSystem.IsLinux() && !File.Exists("/dev/nvidiactl")))
            return "cpu";
        return AskBackend();
    }

    private static string AskBackend() => NativeBackend.Probe().CudaAvailable ? "cuda" : "cpu";
}
