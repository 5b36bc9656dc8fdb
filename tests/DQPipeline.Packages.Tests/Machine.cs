using System.Diagnostics;
using System.Text;

namespace DQPipeline.Packages.Tests;

/// <summary>
/// A machine that has the .NET SDK and nothing else: an empty home, an empty packages folder, and the ordinary feed with the packed packages beside it. Shared by the tests of a
/// run, so that what one restores the next one finds, as on any machine.
/// </summary>
public sealed class Machine : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("dq-machine-");

    // A fixture is made for explicit tests too that nobody asked for: what needs packages waits for the first that does.
    private readonly Lazy<string> _packages = new(FindPackages);

    public Machine() => Directory.CreateDirectory(Home);

    /// <summary>The folder of the packed packages.</summary>
    public string Packages => _packages.Value;

    /// <summary>Their version.</summary>
    public string Version => File("DQPipeline.MSBuild.*.nupkg")["DQPipeline.MSBuild.".Length..^".nupkg".Length];

    /// <summary>The empty home.</summary>
    public string Home => Path.Combine(_root.FullName, "home");

    /// <summary>The packages folder, empty at first.</summary>
    public string Cache => Path.Combine(Home, ".nuget", "packages");

    /// <summary>The name of the one packed file of this pattern.</summary>
    public string File(string pattern) => Path.GetFileName(Assert.Single(Directory.GetFiles(Packages, pattern), path => char.IsDigit(Path.GetFileName(path)[pattern.IndexOf('*', StringComparison.Ordinal)])));

    /// <summary>A new folder on the machine.</summary>
    public Project New(string name)
    {
        System.IO.File.WriteAllText(Path.Combine(_root.FullName, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="packed" value="{Packages}" />
              </packageSources>
            </configuration>
            """);
        return new Project(this, Path.Combine(_root.FullName, $"{name}-{Guid.NewGuid():N}"[..Math.Min(40, name.Length + 9)]));
    }

    /// <summary>A process on this machine: its environment holds nothing of the one that runs the tests.</summary>
    public ProcessStartInfo Command(string folder, string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase) || name.StartsWith("DQ_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var name in (string[])["NUGET_PACKAGES", "CI", "XDG_CACHE_HOME", "DOTNET_HOST_PATH"])
            start.Environment.Remove(name);
        start.Environment["HOME"] = Home;
        start.Environment["DOTNET_CLI_HOME"] = Home;
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        // A node of another test that still holds an assembly would be no stranger's.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["TERM"] = "dumb";
        return start;
    }

    public void Dispose() => _root.Delete(recursive: true);

    private static string FindPackages() =>
        Environment.GetEnvironmentVariable("DQ_PACKAGES") is { Length: > 0 } folder && Directory.Exists(folder)
            ? Path.GetFullPath(folder)
            : throw new DirectoryNotFoundException("DQ_PACKAGES should name the folder of the packed packages; `dotnet msbuild build/Build.proj` packs them and runs these tests.");
}

/// <summary>A folder on the machine, and commands in it.</summary>
public sealed class Project
{
    private readonly Machine _machine;

    internal Project(Machine machine, string path)
    {
        _machine = machine;
        Folder = path;
        Directory.CreateDirectory(path);
    }

    public string Folder { get; }

    public string At(params string[] parts) => Path.Combine([Folder, .. parts]);

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text);
    }

    public void Edit(string name, string old, string replacement)
    {
        var text = File.ReadAllText(At(name));
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(At(name), text.Replace(old, replacement, StringComparison.Ordinal));
    }

    /// <summary>Runs a program to its end.</summary>
    public async Task<Ran> RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Ran($"{program} {string.Join(' ', arguments)}", process.ExitCode, await output, await error);
    }

    /// <summary>Runs <c>dotnet</c> to its end.</summary>
    public Task<Ran> DotnetAsync(params string[] arguments) => RunAsync("dotnet", arguments);

    public Process Start(string program, params string[] arguments) => Process.Start(_machine.Command(Folder, program, arguments))!;
}

/// <summary>What a command left behind.</summary>
public sealed record Ran(string Command, int Code, string Output, string Error)
{
    public string Text => Output + Error;

    public Ran Expect(int code)
    {
        Assert.True(Code == code, $"{Command}: exit code {Code} instead of {code}\n{Text}");
        Assert.DoesNotContain("Unhandled exception", Text, StringComparison.Ordinal);
        return this;
    }

    public Ran Says(string text)
    {
        Assert.Contains(text, Text, StringComparison.Ordinal);
        return this;
    }

    public Ran DoesNotSay(string text)
    {
        Assert.DoesNotContain(text, Text, StringComparison.Ordinal);
        return this;
    }
}

/// <summary>One machine for all tests.</summary>
[CollectionDefinition("machine")]
public class OneMachine : ICollectionFixture<Machine>;
