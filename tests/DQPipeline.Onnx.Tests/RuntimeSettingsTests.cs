using System.Runtime.InteropServices;
using DQPipeline.Onnx.Inference;

namespace DQPipeline.Onnx.Tests;

/// <summary>What is set before ONNX Runtime starts.</summary>
public class RuntimeSettingsTests
{
    /// <summary>The runtime asks the C library, which knows nothing of .NET's own variables.</summary>
    [Fact]
    public void Telemetry_is_off_where_nobody_has_said_anything_of_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no C library of this name");
        using var settings = RuntimeSettings.Of(threads: 1);
        Assert.Equal("1", Marshal.PtrToStringUTF8(Variable(RuntimeSettings.TelemetryVariable)));
        Assert.Equal("1", Environment.GetEnvironmentVariable(RuntimeSettings.TelemetryVariable));
        Assert.Equal(1, settings.IntraOpNumThreads);
    }

    [DllImport("libc", EntryPoint = "getenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern nint Variable(string name);
}
