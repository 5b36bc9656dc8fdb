using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace DQPipeline.Onnx.Inference;

/// <summary>Settings of ONNX Runtime's sessions, and what has to be said before the first of them.</summary>
/// <remarks>
/// Since 1.29 the runtime's own builds tell Microsoft of each process, session and model, on Linux and macOS too, and keep an identifier of the machine in the user's cache for it. Whoever adds a classifier to an app has not
/// agreed to that, nor have the app's users. Who wants it sets the variable to 0.
/// </remarks>
internal static class RuntimeSettings
{
    /// <summary>Read once, when the runtime starts.</summary>
    public const string TelemetryVariable = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<bool> s_isSilent = new(Silence);

    /// <summary>Settings of a session.</summary>
    /// <param name="threads">Processor threads; 0 for one per core.</param>
    public static SessionOptions Of(int threads)
    {
        Prepare();
        return new() { IntraOpNumThreads = threads, InterOpNumThreads = 1 };
    }

    /// <summary>Turns telemetry off, unless the variable says something already; before anything else of the runtime is used.</summary>
    public static void Prepare() => _ = s_isSilent.Value;

    private static bool Silence()
    {
        if (Environment.GetEnvironmentVariable(TelemetryVariable) is not null)
            return false;
        // For processes that this one starts, and on Windows for itself. Elsewhere .NET keeps variables of its own, of which the runtime sees nothing.
        Environment.SetEnvironmentVariable(TelemetryVariable, "1");
        if (!OperatingSystem.IsWindows())
            _ = SetVariable(TelemetryVariable, "1", overwrite: 0);
        OrtEnv.Instance().DisableTelemetryEvents();
        return true;
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int SetVariable(string name, string value, int overwrite);
}
