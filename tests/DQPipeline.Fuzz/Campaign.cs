using System.Diagnostics;
using System.Globalization;
using DQPipeline.Declarations;

namespace DQPipeline.Fuzz;

/// <summary>When a campaign ends: after so long, or after so many files.</summary>
internal sealed record Budget(TimeSpan Time, long Files);

/// <summary>
/// Makes files out of those that showed something new, and shows them to a reader, until its budget is spent. A file that is neither taken nor refused with its code ends it, and so does one
/// that takes longer than any should.
/// </summary>
internal sealed class Campaign(Target target, CoverageMap coverage, Budget budget, int seed)
{
    /// <summary>Bytes of memory that the process may ever have held: the largest of the files has a fraction of a megabyte.</summary>
    private const long LargestMemory = 3L << 30;

    /// <summary>No file takes a hundredth of it; what does not end by then does not end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(seed);
    private readonly SortedDictionary<string, long> _codes = new(StringComparer.Ordinal);
    private readonly string _last = Path.Combine(Path.GetTempPath(), $"dq-fuzz-{target.Name}-{Environment.ProcessId}.bin");
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Corpus _corpus = new([]);
    private long _shown, _taken, _begun;
    private Diagnostic? _refusal;

    public int Run()
    {
        using var watch = new Timer(_ => EndIfStuck(), null, Patience, Patience / 4);
        byte[][] seeds = [.. target.Seeds];
        _corpus = new(seeds);
        var said = TimeSpan.Zero;
        while (_clock.Elapsed < budget.Time && _shown < budget.Files)
        {
            // The sound ones first: a reader that refuses them is tried by nothing that follows.
            var file = _shown < seeds.Length ? seeds[_shown] : target.Next(_corpus.Pick(_random), _corpus.Pick(_random), _random);
            if (!Show(file))
                return 1;
            if (_shown <= seeds.Length && _taken < _shown)
            {
                Console.Error.WriteLine($"{target.Name}: sound file {_shown} is refused: {_refusal}");
                return 1;
            }

            if (_clock.Elapsed - said > TimeSpan.FromMinutes(1))
            {
                said = _clock.Elapsed;
                Say();
            }
        }

        Say();
        File.Delete(_last);
        var peak = Process.GetCurrentProcess().PeakWorkingSet64;
        if (peak <= LargestMemory)
            return 0;
        Console.Error.WriteLine($"{target.Name}: the process held {peak >> 20} MiB");
        return 1;
    }

    private bool Show(byte[] file)
    {
        // A native crash takes the process with it: the file stays.
        File.WriteAllBytes(_last, file);
        coverage.Clear();
        var before = _taken;
        Volatile.Write(ref _begun, _clock.ElapsedTicks + 1);
        try
        {
            if (target.Show(file, _last))
                _taken++;
            else
                Count("null");
        }
        catch (DqException e) when (target.Refuses(e))
        {
            _refusal = e.Diagnostics[0];
            Count(_refusal.Code);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"{target.Name}: {_last} (seed {seed}, file {_shown}): {e}");
            return false;
        }

        Volatile.Write(ref _begun, 0);
        _shown++;
        if (coverage.Take())
            _corpus.Add(file, _taken > before);
        return true;
    }

    private void Count(string how) => _codes[how] = _codes.GetValueOrDefault(how) + 1;

    private void EndIfStuck()
    {
        var begun = Volatile.Read(ref _begun);
        if (begun == 0 || _clock.ElapsedTicks - begun < Patience.TotalSeconds * Stopwatch.Frequency)
            return;
        Console.Error.WriteLine($"{target.Name}: {_last} (seed {seed}, file {_shown}) is still being read after {Patience.TotalSeconds} s");
        Environment.Exit(1);
    }

    private void Say() => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Name}: {_clock.Elapsed:hh\\:mm\\:ss}, {_shown} files, {_taken} taken, refused {string.Join(", ", _codes.Select(code => $"{code.Key} {code.Value}"))}; {coverage.Branches} branches by {_corpus.Count} files, at most {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB"));
}
