using System.Diagnostics;
using System.Globalization;
using DQPipeline.Fuzz;

// Usage: onnx|foreign|safetensors|zip|all [--minutes N] [--seed S]. Every file must be taken or refused with its code; a crash of the process leaves the file that did it.
string[] kinds = ["onnx", "foreign", "safetensors", "zip"];
if (args.Length == 0 || args.Length % 2 == 0 || (args[0] != "all" && !kinds.Contains(args[0])))
{
    Console.Error.WriteLine("usage: onnx|foreign|safetensors|zip|all [--minutes N] [--seed S]");
    return 2;
}

var options = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
var minutes = double.Parse(options.GetValueOrDefault("--minutes", "10"), CultureInfo.InvariantCulture);
var seed = int.Parse(options.GetValueOrDefault("--seed", "2019"), CultureInfo.InvariantCulture);
if (args[0] == "all")
{
    // Each in a process of its own, so that what one kind leaves behind does not count against another; as many at once as there are processors, since each keeps one busy.
    var failed = 0;
    Parallel.ForEach(kinds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, kind =>
    {
        using var process = Process.Start(Environment.ProcessPath!, [kind, "--minutes", minutes.ToString(CultureInfo.InvariantCulture), "--seed", seed.ToString(CultureInfo.InvariantCulture)]);
        process.WaitForExit();
        if (process.ExitCode != 0)
            Interlocked.Increment(ref failed);
    });
    return failed == 0 ? 0 : 1;
}

Target target = args[0] switch
{
    "onnx" => new OnnxTarget(),
    "foreign" => new ForeignTarget(),
    "safetensors" => new SafetensorsTarget(),
    _ => new ZipTarget(),
};
return Campaign.Run(target, TimeSpan.FromMinutes(minutes), seed);
