using System.Diagnostics;

namespace DQPipeline.Faults;

/// <summary>Builds that are disturbed, one after the other, and what came of them.</summary>
internal sealed class Campaign(IReadOnlyList<IFault> faults, int seed)
{
    /// <returns>The exit code: 0, or 1 where a build ended otherwise than it must, or a kind of fault could not be brought about.</returns>
    public async Task<int> RunAsync(int builds)
    {
        IReadOnlyList<string> expected;
        TimeSpan whole;
        using (var undisturbed = new Scene(TimeSpan.Zero))
        {
            var clock = Stopwatch.StartNew();
            using (var build = Build.Start(undisturbed.At()))
                await build.SucceedAsync();
            whole = clock.Elapsed;
            expected = undisturbed.Outcome();
        }

        Console.WriteLine($"seed {seed}; undisturbed {whole.TotalSeconds:0.0} s, {expected.Count} files");
        var (tried, equal) = (new int[faults.Count], new int[faults.Count]);
        foreach (var fault in faults.Where(fault => fault.Missing is not null))
            Console.WriteLine($"{fault.Name}: not here, {fault.Missing}");
        for (var index = 0; index < builds; index++)
        {
            var kind = index % faults.Count;
            if (faults[kind].Missing is not null)
                continue;
            tried[kind]++;
            // Each of its own seed, so that one can be had again without those before it.
            var random = new Random(unchecked((seed * 1_000_003) + index));
            using var scene = new Scene(whole);
            string happened;
            try
            {
                happened = await faults[kind].DisturbAsync(scene, random);
                using (var following = Build.Start(scene.At()))
                    await following.SucceedAsync();
                var left = scene.Outcome();
                if (!left.SequenceEqual(expected))
                    throw new FaultException($"{happened}\nanother outcome:\n{string.Join('\n', left.Except(expected))}\ninstead of\n{string.Join('\n', expected.Except(left))}");
                equal[kind]++;
            }
            catch (FaultException e)
            {
                happened = $"FAILED: {e.Message}";
            }

            Console.WriteLine($"{index + 1}/{builds} {faults[kind].Name}: {happened}");
        }

        Console.WriteLine("fault | disturbed | equal to the undisturbed");
        for (var kind = 0; kind < faults.Count; kind++)
            Console.WriteLine($"{faults[kind].Name} | {tried[kind]} | {equal[kind]}");
        Console.WriteLine($"all | {tried.Sum()} | {equal.Sum()}");
        return tried.SequenceEqual(equal) && tried.All(count => count > 0) ? 0 : 1;
    }
}
