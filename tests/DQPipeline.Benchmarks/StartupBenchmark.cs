using System.Diagnostics;
using System.Globalization;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Benchmarks;

/// <summary>
/// What a build with nothing to do costs: the built tool, called directly, in turn with an empty .NET console program. The bound is the start of .NET itself.
/// </summary>
internal static class StartupBenchmark
{
    private const int Rounds = 21;

    /// <returns>0 where 200 targets cost at most 60 ms above the empty program and 10,000 targets at most 2 s, else 1.</returns>
    public static async Task<int> RunAsync(string tool)
    {
        var work = Directory.CreateTempSubdirectory("dq-startup-").FullName;
        try
        {
            var empty = BuildEmptyProgram(Path.Combine(work, "empty"));
            Console.WriteLine("| targets | empty program, ms | `dq build`, ms | above the empty program | decided anew (`--locked`), above the empty program |");
            Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
            var small = await MeasureAsync(tool, empty, Path.Combine(work, "200"), 200, Rounds);
            var large = await MeasureAsync(tool, empty, Path.Combine(work, "10000"), 10_000, 5);
            Console.WriteLine($"Medians of {Rounds} and 5 rounds after a warm-up, {Environment.ProcessorCount} processors, {DateTime.UtcNow:yyyy-MM-dd}");
            return small <= 60 && large <= 2000 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static async Task<double> MeasureAsync(string tool, string empty, string folder, int targets, int rounds)
    {
        await PrepareAsync(folder, targets);
        // Files younger than two seconds prove nothing: the warm-up lasts until the tool trusts what it remembers of them.
        while (!File.Exists(Path.Combine(folder, ".dq", "state", "standstill")))
            _ = Time(tool, folder, "build");
        var runs = new List<(double Empty, double Build, double Anew)>();
        for (var round = 0; round <= rounds; round++)
        {
            var run = (Time(empty, folder), Time(tool, folder, "build"), Time(tool, folder, "build", "--locked"));
            if (round > 0)
                runs.Add(run);
        }

        var difference = Median(runs.Select(run => run.Build - run.Empty));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {targets} | {Median(runs.Select(run => run.Empty)):0.0} | {Median(runs.Select(run => run.Build)):0.0} | {difference:0.0} | {Median(runs.Select(run => run.Anew - run.Empty)):0.0} |"));
        return difference;
    }

    /// <summary>Half of the targets are models, half are measurements; their results are made up, since nothing of them is read again.</summary>
    public static async Task PrepareAsync(string folder, int targets, string dataset = """{ "kind": "street-digits" }""")
    {
        _ = Directory.CreateDirectory(folder);
        var models = targets / 2;
        var declaration = new StringBuilder("{ \"datasets\": { \"street\": ").Append(dataset).Append(" },\n  \"train\": {\n");
        for (var i = 0; i < models; i++)
            declaration.Append(CultureInfo.InvariantCulture, $"    \"m{i}\": {{ \"dataset\": \"street\", \"epochs\": 4, \"activation\": {{ \"bits\": 4 }}, \"lipschitz\": {{ \"beta\": {(i + 1) * 1e-6:R} }} }},\n");
        declaration.Append("  },\n  \"evaluate\": { \"clean\": { \"models\": [").AppendJoin(", ", Enumerable.Range(0, models).Select(i => $"\"m{i}\"")).Append("] } } }\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "dq.json"), declaration.ToString());
        var workspace = new Workspace(folder);
        var graph = TargetGraph.Create(PipelineFile.Load(workspace.DeclarationPath));
        var options = new BuildOptions { Method = new MethodVersions(MethodVersion.Train, MethodVersion.Evaluate, MethodVersion.Quantize, MethodVersion.Package) };
        var result = await new Builder(workspace, graph, new MadeUp(), options).RunAsync();
        if (result.ExitCode != 0 || graph.Targets.Count != targets)
            throw new InvalidOperationException($"The state to measure could not be made: {result.ExitCode}, {graph.Targets.Count} targets.");
    }

    private static string BuildEmptyProgram(string folder)
    {
        _ = Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "empty.csproj"), """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>""");
        File.WriteAllText(Path.Combine(folder, "Program.cs"), "return;");
        using var build = Process.Start(new ProcessStartInfo("dotnet", ["build", folder, "-c", "Release", "-v", "quiet", "-nologo"]) { RedirectStandardOutput = true })!;
        var output = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        return build.ExitCode == 0 ? Path.Combine(folder, "bin", "Release", "net10.0", "empty") : throw new InvalidOperationException(output);
    }

    public static double Time(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        var milliseconds = clock.Elapsed.TotalMilliseconds;
        return process.ExitCode == 0 ? milliseconds : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {error}");
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }

    /// <summary>Writes a few bytes for a model and any count for a measurement.</summary>
    private sealed class MadeUp : IExecutor
    {
        private static readonly string s_standing = Standing.Encode([.. Enumerable.Range(0, 1000).Select(i => i < 900)]);

        public Task<DoneEvent> RunAsync(WorkerJob job, IWorkerEvents events, CancellationToken cancellation)
        {
            if (job is EvaluateJob evaluate)
            {
                foreach (var cell in evaluate.Cells)
                    events.Cell(new CellEvent(cell.Id, 1000, 900, s_standing));
                return Task.FromResult(new DoneEvent());
            }

            File.WriteAllText(Path.Combine(job.OutputFolder, "model.safetensors"), ((TrainJob)job).Key);
            return Task.FromResult(new DoneEvent { Outputs = ["model.safetensors"] });
        }
    }
}
