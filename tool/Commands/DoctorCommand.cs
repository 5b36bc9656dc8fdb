using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Targets;
using DQPipeline.Tool.MSBuild;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class DoctorCommand
{
    public static Command Create()
    {
        var folder = CommonOptions.ExistingFolder();
        var command = new Command("doctor", """
            Check the SDK, the native backend, the device, the processor and the cache; tell what is wrong and its mend.

            Example:
              dq doctor
            """) { folder };
        command.SetAction(parsed =>
        {
            var isWell = true;

            void Say(string subject, string finding, string? problem = null)
            {
                Output.Data($"{(problem is null ? "ok     " : "PROBLEM")} {subject,-12} {problem ?? finding}");
                isWell &= problem is null;
            }

            Say("tool", $"dotnet-dq {ToolVersion.Text} on {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
            Say("SDK", Sdk() ?? "not found; only building from source and MSBuild targets need it");
            var backend = NativeBackend.Probe();
            Say("libtorch", $"{backend.LibTorchVersion} in {backend.LibTorchFolder}", backend.Problem?.ToString());
            if (backend.Problem is null)
                Say("TorchSharp", $"{backend.TorchSharpVersion}{(backend.IsRelaxed ? ", as a copy whose need of a newer libstdc++ is relaxed" : "")}");
            Say("device", backend.CudaAvailable ? "cuda" : backend.HasCudaBuild ? "cpu (libtorch is a CUDA build, but no device can be used)" : "cpu");
            Say("processor", Processor());
            CheckFolder(new Workspace(parsed.GetValue(folder)!), Say);
            return isWell ? DqCommand.Done : DqCommand.TargetFailed;
        });
        return command;
    }

    private static string? Sdk()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true, RedirectStandardError = true });
            var version = process!.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? version : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string Processor()
    {
        var features = new List<string>();
        void Add(bool has, string name)
        {
            if (has)
                features.Add(name);
        }

        Add(Avx2.IsSupported, "AVX2");
        Add(Avx512F.IsSupported, "AVX-512");
        Add(AvxVnni.IsSupported || Avx512Vbmi.IsSupported, "VNNI-class");
        var memory = Words.Bytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        return $"{Environment.ProcessorCount} × {RuntimeInformation.ProcessArchitecture}{(features.Count > 0 ? $" ({string.Join(", ", features)})" : "")}, {memory} of memory";
    }

    /// <summary>What is wrong with the declarations first; null where nothing is.</summary>
    private static string? ProblemOf(Workspace workspace)
    {
        try
        {
            _ = Opened.At(workspace.Folder, []);
            return null;
        }
        catch (DqException failure)
        {
            return $"{failure.Diagnostics[0]}{(failure.Diagnostics.Count > 1 ? $" (and {failure.Diagnostics.Count - 1} more; `dq status` tells them)" : "")}";
        }
    }

    private static void CheckFolder(Workspace workspace, Action<string, string, string?> say)
    {
        if (!File.Exists(workspace.DeclarationPath))
        {
            say("dq.json", $"none in {workspace.Folder}; `dq init` writes one", null);
            return;
        }

        say("dq.json", workspace.DeclarationPath, ProblemOf(workspace));
        if (!Directory.Exists(workspace.CacheFolder))
        {
            say("cache", "empty so far", null);
            return;
        }

        var size = new DirectoryInfo(workspace.CacheFolder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        var free = new DriveInfo(workspace.CacheFolder).AvailableFreeSpace;
        say("cache", $"{Words.Bytes(size)} in {workspace.CacheFolder}, {Words.Bytes(free)} free", free < 1_000_000_000 ? $"only {Words.Bytes(free)} are free beside {workspace.CacheFolder}; `dq clean --all` empties it" : null);
    }
}
