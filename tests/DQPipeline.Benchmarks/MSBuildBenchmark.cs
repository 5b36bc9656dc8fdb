using System.Diagnostics;
using System.Globalization;

namespace DQPipeline.Benchmarks;

/// <summary>
/// What the MSBuild package costs a `dotnet build` that has nothing to do: a project with the packed package and a pipeline that is up to date, in turn with the same project
/// without either.
/// </summary>
internal static class MSBuildBenchmark
{
    private const int Rounds = 15;

    private const string Pipeline = """
        {
          "threads": 1,
          "datasets": { "street": { "kind": "street-digits", "train": 200, "test": 100 } },
          "train": { "full": { "dataset": "street", "epochs": 1 }, "dq": { "extends": "full", "activation": { "bits": 4 } } },
          "quantize": { "dq-int8": { "model": "dq", "maxLoss": 100 } },
          "evaluate": { "robustness": { "models": ["full", "dq", "dq-int8"], "attacks": ["fgsm"], "epsilon": [2, 8], "samples": 50 } },
          "package": { "digits": { "model": "dq-int8" } },
        }
        """;

    /// <param name="packages">The folder of the packed packages.</param>
    /// <returns>0 where the package costs at most 15 % of the build's time, else 1.</returns>
    public static int Run(string packages)
    {
        var version = Path.GetFileNameWithoutExtension(Directory.GetFiles(packages, "DQPipeline.MSBuild.*.nupkg").Single())["DQPipeline.MSBuild.".Length..];
        var work = Directory.CreateTempSubdirectory("dq-msbuild-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(work, "nuget.config"), $"<configuration><packageSources><add key=\"packed\" value=\"{packages}\" /></packageSources></configuration>");
            var without = Project(Path.Combine(work, "without"), "");
            var with = Project(Path.Combine(work, "with"), $"<PackageReference Include=\"DQPipeline.MSBuild\" Version=\"{version}\" PrivateAssets=\"all\" />");
            File.WriteAllText(Path.Combine(with, "dq.json"), Pipeline);
            // Twice: the second build is the first that finds everything done.
            foreach (var folder in (string[])[without, with, without, with])
                _ = Time(folder);
            var pairs = new List<(double Without, double With)>();
            for (var round = 0; round < Rounds; round++)
                pairs.Add(round % 2 == 0 ? (Time(without), Time(with)) : Swap(Time(with), Time(without)));
            var ratio = Median(pairs.Select(pair => pair.With / pair.Without));
            Console.WriteLine("| `dotnet build`, nothing to do | median, s |");
            Console.WriteLine("| --- | ---: |");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| without the package | {Median(pairs.Select(pair => pair.Without)):0.00} |"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| with it, 13 targets up to date | {Median(pairs.Select(pair => pair.With)):0.00} |"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Median of {Rounds} paired ratios: {ratio:0.000}; {Environment.ProcessorCount} processors, {DateTime.UtcNow:yyyy-MM-dd}"));
            return ratio <= 1.15 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static (double Without, double With) Swap(double with, double without) => (without, with);

    private static string Project(string folder, string package)
    {
        _ = Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "App.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup>{package}</ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), "System.Console.WriteLine();");
        return folder;
    }

    private static double Time(string folder)
    {
        var start = new ProcessStartInfo("dotnet", ["build", "-v", "quiet", "-nologo"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? clock.Elapsed.TotalSeconds : throw new InvalidOperationException($"The build in {folder} ended with {process.ExitCode}: {output}");
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
