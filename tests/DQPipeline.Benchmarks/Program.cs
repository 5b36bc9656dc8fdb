using System.Globalization;
using DQPipeline.Benchmarks;
using DQPipeline.Native;

// Usage: training [--rounds N] [--steps N] [--threads N] [--processor-time 1] | startup [TOOL]
switch (args)
{
    case ["training", .. var rest] when rest.Length % 2 == 0:
        var options = rest.Chunk(2).ToDictionary(pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));
        NativeBackend.Load();
        TrainingBenchmark.CountsProcessorTime = options.ContainsKey("--processor-time");
        return TrainingBenchmark.Run(options.GetValueOrDefault("--rounds", 7), options.GetValueOrDefault("--steps", 16), options.GetValueOrDefault("--threads", 2));
    case ["startup", .. var tool] when tool.Length <= 1:
        return await StartupBenchmark.RunAsync(Path.GetFullPath(tool.Length == 1 ? tool[0] : "tool/bin/Release/net10.0/dotnet-dq"));
    default:
        Console.Error.WriteLine("usage: training [--rounds N] [--steps N] [--threads N] [--processor-time 1] | startup [TOOL]");
        return 2;
}
