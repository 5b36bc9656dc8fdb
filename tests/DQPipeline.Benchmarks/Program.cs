using System.Globalization;
using DQPipeline.Benchmarks;
using DQPipeline.Native;

var options = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));
if (args is not ["training", ..])
{
    Console.Error.WriteLine("usage: training [--rounds N] [--steps N] [--threads N] [--processor-time 1]");
    return 2;
}

NativeBackend.Load();
TrainingBenchmark.CountsProcessorTime = options.ContainsKey("--processor-time");
return TrainingBenchmark.Run(options.GetValueOrDefault("--rounds", 7), options.GetValueOrDefault("--steps", 16), options.GetValueOrDefault("--threads", 2));
