using System.Globalization;
using DQPipeline.Benchmarks;
using DQPipeline.Native;

switch (args)
{
    case ["training", .. var rest] when rest.Length % 2 == 0:
        var options = rest.Chunk(2).ToDictionary(pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));
        NativeBackend.Load();
        TrainingBenchmark.CountsProcessorTime = options.ContainsKey("--processor-time");
        return TrainingBenchmark.Run(options.GetValueOrDefault("--rounds", 7), options.GetValueOrDefault("--steps", 16), options.GetValueOrDefault("--threads", 2));
    case ["layers", .. var rest] when rest.Length % 2 == 0:
        var limits = rest.Chunk(2).ToDictionary(pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));
        NativeBackend.Load();
        TrainingBenchmark.CountsProcessorTime = limits.ContainsKey("--processor-time");
        return LayerBenchmark.Run(limits.GetValueOrDefault("--rounds", 5), limits.GetValueOrDefault("--threads", 2));
    case ["penalty", .. var rest] when rest.Length % 2 == 0:
        var choices = rest.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        NativeBackend.Load();
        TrainingBenchmark.CountsProcessorTime = choices.ContainsKey("--processor-time");
        return PenaltyBenchmark.Run(
            choices.GetValueOrDefault("--network", "wrn-16-4"), choices.GetValueOrDefault("--precision", "float32"),
            int.Parse(choices.GetValueOrDefault("--rounds", "3"), CultureInfo.InvariantCulture), int.Parse(choices.GetValueOrDefault("--threads", "2"), CultureInfo.InvariantCulture));
    case ["deployed"]:
        return DeployedBenchmark.Run(rounds: 7);
    case ["deployed", "--rounds", var rounds]:
        return DeployedBenchmark.Run(int.Parse(rounds, CultureInfo.InvariantCulture));
    case ["mlnet"]:
        return MlnetBenchmark.Run(rounds: 7);
    case ["mlnet", "--rounds", var rounds]:
        return MlnetBenchmark.Run(int.Parse(rounds, CultureInfo.InvariantCulture));
    case ["estimate", .. var rest] when rest.Length % 2 == 0:
        var sizes = rest.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        NativeBackend.Load();
        return GpuEstimate.Run(
            sizes.GetValueOrDefault("--network", "wrn-28-10"),
            int.Parse(sizes.GetValueOrDefault("--batch", "128"), CultureInfo.InvariantCulture), int.Parse(sizes.GetValueOrDefault("--images", "50000"), CultureInfo.InvariantCulture));
    case ["attacks" or "autoattack", .. var rest] when rest.Length % 2 == 0:
        var asked = rest.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        int Number(string option, int otherwise) => asked.TryGetValue(option, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        NativeBackend.Load();
        var folder = Path.GetFullPath(asked.GetValueOrDefault("--folder", "examples/cifar10"));
        var threads = Number("--threads", 2);
        return args[0] == "autoattack"
            ? AutoAttackBenchmark.Run(folder, asked.GetValueOrDefault("--model", "cifar-full"), Number("--samples", 500), threads)
            : AttackBenchmark.Run(folder, asked.GetValueOrDefault("--models", "cifar-full,cifar-vanilla,cifar-dq").Split(','), Number("--samples", 1000), Number("--rounds", 5), threads);
    case ["startup", .. var tool] when tool.Length <= 1:
        return await StartupBenchmark.RunAsync(Path.GetFullPath(tool.Length == 1 ? tool[0] : "tool/bin/Release/net10.0/dotnet-dq"));
    case ["status", .. var rest] when rest.Length % 2 == 0:
        var state = rest.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        return await StatusBenchmark.RunAsync(Path.GetFullPath(state.GetValueOrDefault("--tool", "tool/bin/Release/net10.0/dotnet-dq")), int.Parse(state.GetValueOrDefault("--files", "1000000"), CultureInfo.InvariantCulture));
    case ["images", .. var rest] when rest.Length % 2 == 0:
        var scale = rest.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        return ImagesBenchmark.Run(
            double.Parse(scale.GetValueOrDefault("--gigabytes", "5"), CultureInfo.InvariantCulture), int.Parse(scale.GetValueOrDefault("--size", "64"), CultureInfo.InvariantCulture),
            int.Parse(scale.GetValueOrDefault("--rounds", "3"), CultureInfo.InvariantCulture));
    case ["images-work", var photos, var side, var way]:
        return ImagesBenchmark.Work(photos, int.Parse(side, CultureInfo.InvariantCulture), way);
    case ["heap", .. var rest] when rest.Length % 2 == 0:
        var counts = rest.Chunk(2).ToDictionary(pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));
        return HeapBenchmark.Run(counts.GetValueOrDefault("--rounds", 3), counts.GetValueOrDefault("--steps", 40), counts.GetValueOrDefault("--threads", 2));
    case ["heap-work", .. var rest] when rest.Length == 6:
        return HeapBenchmark.Work(rest);
    case ["msbuild", .. var packages] when packages.Length <= 1:
        return MSBuildBenchmark.Run(Path.GetFullPath(packages.Length == 1 ? packages[0] : "artifacts/packages"));
    default:
        Console.Error.WriteLine(
            """
            usage: training [--rounds N] [--steps N] [--threads N] [--processor-time 1]
                   layers [--rounds N] [--threads N] [--processor-time 1]
                   penalty [--network NAME] [--precision float32|bfloat16] [--rounds N] [--threads N] [--processor-time 1]
                   deployed [--rounds N]
                   mlnet [--rounds N]
                   estimate [--network NAME] [--batch N] [--images N]
                   attacks [--folder DIR] [--models NAME,NAME] [--samples N] [--rounds N] [--threads N]
                   autoattack [--folder DIR] [--model NAME] [--samples N] [--threads N]
                   startup [TOOL]
                   status [--tool TOOL] [--files N]
                   images [--gigabytes N] [--size N] [--rounds N]
                   heap [--rounds N] [--steps N] [--threads N]
                   msbuild [PACKAGES]
            """);
        return 2;
}
