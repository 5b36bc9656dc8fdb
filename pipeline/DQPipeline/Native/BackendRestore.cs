using System.Diagnostics;
using System.Globalization;
using DQPipeline.Declarations;

namespace DQPipeline.Native;

/// <summary>
/// Brings the pinned libtorch through NuGet where it is nowhere: a project that names the packages is restored by the .NET SDK, from the feeds that NuGet.config names,
/// into the folder in which <see cref="NativeBackend"/> looks. <c>DQ_RESTORE=never</c> forbids it.
/// </summary>
public static class BackendRestore
{
    /// <summary>The variable that may forbid it.</summary>
    public const string Variable = "DQ_RESTORE";

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10);

    private static readonly string[] s_published = ["linux-x64", "win-x64", "osx-arm64"];

    /// <summary>Does nothing where the backend is there, where DQ_LIBTORCH is set, or where it is forbidden: loading then says what is missing.</summary>
    /// <param name="folder">Where the project is written and restored; null for a folder of the user's own, which is removed afterwards.</param>
    /// <param name="settings">A NuGet.config in this folder or above it counts.</param>
    /// <param name="say">Takes sentences about what goes on.</param>
    /// <param name="cancellation">Ends the restore.</param>
    /// <exception cref="DqException">DQ3001: the packages cannot be restored, or there are none for this system.</exception>
    public static async Task EnsureAsync(string? folder, string settings, Action<string> say, CancellationToken cancellation)
    {
        var environment = NativeBackend.CurrentEnvironment();
        var missing = BackendSearch.MissingPackages(environment);
        if (missing.Count == 0 || Environment.GetEnvironmentVariable(Variable) == "never")
            return;
        if (!s_published.Contains(environment.Rid))
            throw Failed(missing, $"there is no package for {environment.Rid}");
        if (BackendSearch.PackagesFolder(environment) is not { } packages)
            throw Failed(missing, "neither NUGET_PACKAGES nor a home folder says where packages go");
        say($"restoring {string.Join(" and ", missing)} from your NuGet feeds into {packages}: libtorch is about 130 MB, once ({Variable}=never forbids this)");
        var clock = Stopwatch.StartNew();
        var place = folder ?? PrivateFolder() ?? throw Failed(missing, "there is no home folder to do it in");
        try
        {
            AtomicFile.CreateFolder(place);
            var project = Path.Combine(place, "backend.csproj");
            AtomicFile.Write(project, System.Text.Encoding.UTF8.GetBytes(Project(missing)));
            var (code, output) = await RestoreAsync(project, settings, packages, clock, say, cancellation).ConfigureAwait(false);
            if (code != 0 || BackendSearch.MissingPackages(environment).Count > 0)
                throw Failed(missing, Reason(output));
        }
        finally
        {
            if (folder is null)
                Remove(place);
        }

        say(string.Create(CultureInfo.InvariantCulture, $"restored in {clock.Elapsed.TotalSeconds:0} s"));
    }

    /// <summary>Apart from whatever a repository above it says of its own projects.</summary>
    internal static string Project(IReadOnlyList<BackendPackage> packages)
    {
        var downloads = string.Concat(packages.Select(package => $"    <PackageDownload Include=\"{package.Id}\" Version=\"[{package.Version}]\" />\n"));
        return $"""
            <Project>
              <PropertyGroup>
                <ImportDirectoryBuildProps>false</ImportDirectoryBuildProps>
                <ImportDirectoryBuildTargets>false</ImportDirectoryBuildTargets>
                <ImportDirectoryPackagesProps>false</ImportDirectoryPackagesProps>
              </PropertyGroup>
              <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
            {downloads}  </ItemGroup>
              <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
            </Project>

            """;
    }

    /// <summary>
    /// A folder that nobody else writes in, nor in one above it, as others may in the system's temporary folder: MSBuild and the SDK read files of theirs in all of them, and what is restored is run. Null where
    /// the user has no home.
    /// </summary>
    private static string? PrivateFolder()
    {
        if (Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is not { Length: > 0 } home)
            return null;
        var folder = Path.Combine(home, "dqpipeline", string.Create(CultureInfo.InvariantCulture, $"backend-{Environment.ProcessId}"));
        AtomicFile.CreateFolder(Path.GetDirectoryName(folder)!);
        try
        {
            if (!OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw AtomicFile.CannotWrite(folder, e);
        }

        return folder;
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            // It holds nothing that anyone needs, nor much.
        }
    }

    private static async Task<(int Code, string Output)> RestoreAsync(string project, string settings, string packages, Stopwatch clock, Action<string> say, CancellationToken cancellation)
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
        var start = new ProcessStartInfo(host, ["restore", project, "--packages", packages, "--verbosity", "quiet", $"-p:RestoreRootConfigDirectory={Escaped(Path.GetFullPath(settings))}"])
        {
            WorkingDirectory = Path.GetDirectoryName(project),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // Within a build, the variables of that build's MSBuild would lead this one astray.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            return (1, $"{host} cannot be started: {failure.Message}");
        }

        using (process)
        {
            var reading = Task.WhenAll(process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
            try
            {
                var ended = process.WaitForExitAsync(cancellation);
                while (await Task.WhenAny(ended, Task.Delay(s_pause, cancellation)).ConfigureAwait(false) != ended && !cancellation.IsCancellationRequested)
                    say(string.Create(CultureInfo.InvariantCulture, $"still restoring after {clock.Elapsed.TotalSeconds:0} s"));
                await ended.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            return (process.ExitCode, string.Concat(await reading.ConfigureAwait(false)));
        }
    }

    /// <summary>A text as the value of an MSBuild property.</summary>
    private static string Escaped(string text) =>
        string.Concat(text.Select(c => "%*?@$();,'".Contains(c, StringComparison.Ordinal) ? string.Create(CultureInfo.InvariantCulture, $"%{(int)c:X2}") : c.ToString()));

    /// <summary>The first line that NuGet calls an error, without the project's path before it.</summary>
    private static string Reason(string output)
    {
        var lines = output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var line = Array.Find(lines, text => text.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? lines.LastOrDefault() ?? "it says nothing";
        var start = line.IndexOf("error", StringComparison.OrdinalIgnoreCase);
        return (start > 0 ? line[start..] : line).TrimEnd('.');
    }

    private static DqException Failed(IReadOnlyList<BackendPackage> packages, string why) => new(
        DiagnosticCodes.BackendMissing,
        $"No libtorch was found, and {string.Join(" and ", packages)} cannot be restored: {why}. Restore on a machine that reaches the feed and copy the packages folder, "
        + $"or set {BackendSearch.Variable} to the folder of a libtorch {NativeBackend.LibTorchVersion}.");
}
