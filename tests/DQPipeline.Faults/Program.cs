using System.Globalization;
using DQPipeline.Faults;

// Usage: [--builds N] [--seed S] [--only KIND]. So many builds are disturbed, by turns in each of the ways; each is followed by one that nothing disturbs, which must leave
// exactly what a build leaves that nothing ever disturbed.
if (args.Length % 2 != 0 || args.Chunk(2).Any(pair => pair[0] is not ("--builds" or "--seed" or "--only")))
{
    Console.Error.WriteLine("usage: [--builds N] [--seed S] [--only KIND]");
    return 2;
}

var options = args.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
var builds = int.Parse(options.GetValueOrDefault("--builds", "500"), CultureInfo.InvariantCulture);
var seed = int.Parse(options.GetValueOrDefault("--seed", "2019"), CultureInfo.InvariantCulture);
IFault[] faults =
[
    new KillFault(), new MemoryFault(), new FullDiskFault(), new ReadOnlyFault(), new ClockFault(), new TwoBuildsFault(), new SharedCacheFault(), new DamagedCacheFault(), new DamagedLockFault(),
];
try
{
    return await new Campaign([.. faults.Where(fault => options.GetValueOrDefault("--only", fault.Name) == fault.Name)], seed).RunAsync(builds);
}
catch (FaultException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
