using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DQPipeline.Testing;

namespace DQPipeline.Journeys;

/// <summary>A real Slurm of one node with two processors: munge, controller and node daemon of this host, on ports and in a folder of their own.</summary>
internal sealed class SlurmCluster : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("dq-slurm-");
    private readonly List<Process> _daemons = [];

    private SlurmCluster()
    {
    }

    private string Configuration => Path.Combine(_home.FullName, "slurm.conf");

    /// <summary>Starts it; skips the calling test where Slurm is not installed.</summary>
    public static async Task<SlurmCluster> StartAsync()
    {
        var (munged, controller, node) = (RealData.Command("munged"), RealData.Command("slurmctld"), RealData.Command("slurmd"));
        _ = RealData.Command("sbatch");
        var cluster = new SlurmCluster();
        try
        {
            await cluster.StartAsync(munged, controller, node);
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Makes a process one of a user of this cluster.</summary>
    public void Use(ProcessStartInfo start)
    {
        start.Environment["SLURM_CONF"] = Configuration;
        start.Environment["DQ_CHECKPOINT_SECONDS"] = "0.2";
    }

    /// <summary>What a command of Slurm prints; the test fails where it fails.</summary>
    public async Task<string> AskAsync(string command, params string[] arguments)
    {
        var (code, output, error) = await TryAsync(command, arguments);
        Assert.True(code == 0, $"{command} {string.Join(' ', arguments)}: {error}");
        return output.Trim();
    }

    /// <summary>A job's state by its id.</summary>
    public Task<string> StateAsync(string id) => AskAsync("squeue", "--noheader", "--array", "--states=all", $"--jobs={id}", "--format=%T");

    public void Dispose()
    {
        foreach (var daemon in Enumerable.Reverse(_daemons))
        {
            daemon.Kill(entireProcessTree: true);
            daemon.WaitForExit();
            daemon.Dispose();
        }

        _home.Delete(recursive: true);
    }

    private async Task StartAsync(string munged, string controller, string node)
    {
        var home = _home.FullName;
        var host = Environment.MachineName.Split('.')[0];
        var (controllerPort, nodePort) = (FreePort(), FreePort());
        foreach (var folder in (string[])["controller", "node"])
            _ = _home.CreateSubdirectory(folder);
        var key = Path.Combine(home, "munge.key");
        await File.WriteAllBytesAsync(key, RandomNumberGenerator.GetBytes(128));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(Configuration, $"""
            ClusterName=journey
            SlurmctldHost={host}(127.0.0.1)
            SlurmctldPort={controllerPort}
            SlurmdPort={nodePort}
            SlurmUser={Environment.UserName}
            SlurmdUser={Environment.UserName}
            AuthType=auth/munge
            AuthInfo=socket={home}/munge.socket
            StateSaveLocation={home}/controller
            SlurmdSpoolDir={home}/node
            SlurmctldPidFile={home}/controller.pid
            SlurmdPidFile={home}/node.pid
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core
            SchedulerParameters=sched_min_interval=0
            SlurmdParameters=config_overrides
            ReturnToService=2
            NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000
            PartitionName=small Nodes={host} Default=YES

            """);
        var socket = Path.Combine(home, "munge.socket");
        Start(munged, "--foreground", "--force", $"--socket={socket}", $"--key-file={key}", $"--pid-file={home}/munge.pid", $"--log-file={home}/munge.log", $"--seed-file={home}/munge.seed");
        await UntilAsync(() => Task.FromResult(File.Exists(socket)));
        Start(controller, "-D", "-f", Configuration);
        Start(node, "-D", "-f", Configuration, "-N", host);
        await UntilAsync(async () => await TryAsync("sinfo", "--noheader", "--format=%T") is (0, "idle\n", _));
    }

    private async Task UntilAsync(Func<Task<bool>> isReached)
    {
        while (!await isReached())
        {
            Assert.All(_daemons, daemon => Assert.False(daemon.HasExited, $"{daemon.StartInfo.FileName} ended; see {_home.FullName}"));
            await Task.Delay(50);
        }
    }

    private void Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Use(start);
        var daemon = Process.Start(start)!;
        // A full pipe would stop it.
        daemon.OutputDataReceived += static (_, _) => { };
        daemon.ErrorDataReceived += static (_, _) => { };
        daemon.BeginOutputReadLine();
        daemon.BeginErrorReadLine();
        _daemons.Add(daemon);
    }

    private async Task<(int Code, string Output, string Error)> TryAsync(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Use(start);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
