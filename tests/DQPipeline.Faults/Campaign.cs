using System.Diagnostics;

namespace DQPipeline.Faults;

/// <summary>Builds that are disturbed, and what came of them.</summary>
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
        // As many at once as there are processors: a build waits for its disk and its workers' starts for much of its time.
        await Parallel.ForEachAsync(Enumerable.Range(0, builds), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, async (index, cancellation) =>
        {
            var kind = index % faults.Count;
            if (faults[kind].Missing is not null)
                return;
            cancellation.ThrowIfCancellationRequested();
            _ = Interlocked.Increment(ref tried[kind]);
            string happened;
            try
            {
                happened = await TryAsync(faults[kind], index, whole, expected);
                _ = Interlocked.Increment(ref equal[kind]);
            }
            catch (FaultException e)
            {
                happened = $"FAILED: {e.Message}";
            }

            Console.WriteLine($"{index + 1}/{builds} {faults[kind].Name}: {happened}");
        });
        Console.WriteLine("fault | disturbed | equal to the undisturbed");
        for (var kind = 0; kind < faults.Count; kind++)
            Console.WriteLine($"{faults[kind].Name} | {tried[kind]} | {equal[kind]}");
        Console.WriteLine($"all | {tried.Sum()} | {equal.Sum()}");
        return tried.SequenceEqual(equal) && tried.All(count => count > 0) ? 0 : 1;
    }

    private async Task<string> TryAsync(IFault fault, int index, TimeSpan whole, IReadOnlyList<string> expected)
    {
        using var scene = new Scene(whole);
        // Each of its own seed, so that one can be had again without those before it.
        var happened = await fault.DisturbAsync(scene, new Random(unchecked((seed * 1_000_003) + index)));
        using (var following = Build.Start(scene.At()))
            await following.SucceedAsync();
        var left = scene.Outcome();
        return left.SequenceEqual(expected) ? happened
            : throw new FaultException($"{happened}\nanother outcome:\n{string.Join('\n', left.Except(expected))}\ninstead of\n{string.Join('\n', expected.Except(left))}");
    }
}
