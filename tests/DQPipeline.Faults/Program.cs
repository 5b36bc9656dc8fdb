using System.Globalization;
using DQPipeline.Faults;

// Usage: [--builds N] [--seed S] [--only KIND]. So many builds are disturbed, by turns in each of the ways; each is followed by one that nothing disturbs, which must leave
// exactly what a build leaves that nothing ever disturbed.
IFault[] faults =
[
    new KillFault(), new MemoryFault(), new FullDiskFault(), new ReadOnlyFault(), new ClockFault(), new TwoBuildsFault(), new SharedCacheFault(), new DamagedCacheFault(), new DamagedLockFault(),
];
var options = args.Chunk(2).GroupBy(pair => pair[0]).ToDictionary(group => group.Key, group => group.Last().Last());
var chosen = faults.Where(fault => options.GetValueOrDefault("--only", fault.Name) == fault.Name).ToList();
if (args.Length % 2 != 0 || options.Keys.Except(["--builds", "--seed", "--only"]).Any() || chosen.Count == 0
    || !Number("--builds", 500, out var builds) || !Number("--seed", 2019, out var seed) || builds < 1)
{
    Console.Error.WriteLine($"usage: [--builds N] [--seed S] [--only KIND], where KIND is one of: {string.Join(", ", faults.Select(fault => fault.Name))}");
    return 2;
}

try
{
    return await new Campaign(chosen, seed).RunAsync(builds);
}
catch (FaultException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

bool Number(string option, int otherwise, out int number) =>
    int.TryParse(options.GetValueOrDefault(option) ?? otherwise.ToString(CultureInfo.InvariantCulture), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
