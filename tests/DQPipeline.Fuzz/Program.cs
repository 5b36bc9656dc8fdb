using System.Globalization;
using DQPipeline.Fuzz;
using DQPipeline.Fuzz.Targets;

// Usage: KIND|all [--minutes N] [--files N] [--seed S]. Every file must be taken or refused with its code; a crash of the process leaves the file that did it.
IReadOnlyDictionary<string, Func<Target>> kinds = new Dictionary<string, Func<Target>>
{
    ["dq.json"] = () => new DeclarationTarget(),
    ["dq.lock"] = () => new LockTarget(),
    ["worker"] = () => new WorkerTarget(),
    ["result"] = () => new ResultTarget(),
    ["stamps"] = () => new StampsTarget(),
    ["npz"] = () => new NpzTarget(),
    ["store"] = () => new StoreTarget(),
    ["cifar"] = () => new CifarTarget(),
    ["pickle"] = () => new PickleTarget(),
    ["mat"] = () => new MatTarget(),
    ["idx"] = () => new IdxTarget(),
    ["images"] = () => new ImagesTarget(),
    ["picture"] = () => new PictureTarget(),
    ["weights"] = () => new WeightsTarget(),
    ["onnx"] = () => new OnnxTarget(),
    ["foreign"] = () => new ForeignTarget(),
    ["safetensors"] = () => new SafetensorsTarget(),
    ["zip"] = () => new ZipTarget(),
};
if (args.Length == 0 || args.Length % 2 == 0 || (args[0] != "all" && !kinds.ContainsKey(args[0])))
{
    Console.Error.WriteLine($"usage: {string.Join('|', kinds.Keys)}|all [--minutes N] [--files N] [--seed S]");
    return 2;
}

if (Instrumentation.IsHere)
{
    var options = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
    double Number(string name, double without) => options.TryGetValue(name, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : without;
    var files = Number("--files", double.PositiveInfinity);
    var budget = new Budget(TimeSpan.FromMinutes(Number("--minutes", double.IsFinite(files) ? 60 : 10)), double.IsFinite(files) ? (long)files : long.MaxValue);
    // Before anything that is instrumented runs: without the map it has nowhere to count.
    var coverage = new CoverageMap();
    var target = kinds[args[0]]();
    // Some have a folder of their own.
    using var held = target as IDisposable;
    return new Campaign(target, coverage, budget, (int)Number("--seed", 2019)).Run();
}

var copy = Instrumentation.Copy();
try
{
    // Each in a process of its own, so that what one kind leaves behind does not count against another; as many at once as there are processors, since each keeps one busy.
    var failed = 0;
    Parallel.ForEach(args[0] == "all" ? kinds.Keys : [args[0]], new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, kind =>
    {
        if (Instrumentation.Run(copy, [kind, .. args.Skip(1)]) != 0)
            Interlocked.Increment(ref failed);
    });
    return failed == 0 ? 0 : 1;
}
finally
{
    Directory.Delete(copy, recursive: true);
}
