using System.Text.RegularExpressions;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Workers.Slurm;

/// <summary>What Slurm says of a job.</summary>
/// <param name="State">Its state in Slurm's words, say <c>RUNNING</c>; null where Slurm knows it no more, or does not answer.</param>
/// <param name="Reason">Why it waits, in Slurm's words.</param>
/// <param name="Silence">Why there is no answer; null where there is one.</param>
internal readonly record struct QueueAnswer(string? State, string Reason, string? Silence)
{
    /// <summary>Whether the job is at its end for sure, be it that Slurm knows it no more. Whatever state is not known here is one on the way.</summary>
    public bool HasEnded => Silence is null
        && State is null or "COMPLETED" or "CANCELLED" or "FAILED" or "TIMEOUT" or "NODE_FAIL" or "PREEMPTED" or "BOOT_FAIL" or "DEADLINE" or "OUT_OF_MEMORY";
}

/// <summary>Asks Slurm for the states of jobs: of all that are followed at once, and not more often than every <paramref name="pause"/>, as its controller serves a whole site.</summary>
internal sealed partial class SlurmQueue(SlurmCommands commands, TimeProvider time, TimeSpan pause) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly HashSet<string> _followed = [];
    private HashSet<string> _askedFor = [];
    private Dictionary<string, QueueAnswer> _answers = [];
    private string? _silence;
    private long _asked;

    /// <summary>How it stands with a job now, or a short while ago.</summary>
    /// <exception cref="DqException">DQ6020: there is no squeue here.</exception>
    public async Task<QueueAnswer> StateAsync(string id, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            _ = _followed.Add(id);
            if (!_askedFor.Contains(id) || time.GetElapsedTime(_asked) >= pause)
                await AskAsync(cancellation).ConfigureAwait(false);
            return _silence is not null ? new(null, "", _silence) : _answers.GetValueOrDefault(id);
        }
        finally
        {
            _ = _gate.Release();
        }
    }

    /// <summary>The job is followed no more, or what was said of it holds no more.</summary>
    public async Task ForgetAsync(string id)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _ = _followed.Remove(id);
        // Who follows it again, be it after a requeue, must not hear what was true before.
        _ = _askedFor.Remove(id);
        _ = _gate.Release();
    }

    /// <summary>The ids of this user's jobs with a comment, by their places in the array (0 of a job that is none).</summary>
    /// <exception cref="DqException">DQ6020: there is no squeue here, or it does not answer.</exception>
    public async Task<IReadOnlyDictionary<int, string>> FindAsync(string comment, CancellationToken cancellation)
    {
        var answer = await commands.RunAsync("squeue", ["--noheader", "--array", "--states=all", "--me", "--format=%i|%k"], cancellation).ConfigureAwait(false);
        if (answer.ExitCode != 0)
            throw new DqException(DiagnosticCodes.ClusterRefuses, $"Slurm does not say what became of jobs that were submitted before: {answer.Complaint}; build again when it answers");
        var found = new Dictionary<int, string>();
        foreach (var line in answer.Output.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.Split('|', 2) is [var id, var said] && said == comment && JobId().Match(id) is { Success: true } match)
                found[match.Groups[1].Success ? int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 0] = id;
        }

        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task AskAsync(CancellationToken cancellation)
    {
        var answer = await commands.RunAsync(
            "squeue", ["--noheader", "--array", "--states=all", $"--jobs={string.Join(',', _followed)}", "--format=%i|%T|%r"], cancellation).ConfigureAwait(false);
        (_askedFor, _asked) = ([.. _followed], time.GetTimestamp());
        // So it speaks of a single job that it has forgotten; of several it leaves that one out.
        if (answer.ExitCode != 0 && answer.Error.Contains("Invalid job id", StringComparison.OrdinalIgnoreCase))
            (_answers, _silence) = ([], null);
        else if (answer.ExitCode != 0)
            _silence = answer.Complaint;
        else if (Read(answer.Output) is { } answers)
            (_answers, _silence) = (answers, null);
        else
            _silence = $"squeue says \"{answer.Complaint}\"";
    }

    /// <summary>The states by job; null where a line is none, as then nothing may be concluded from what is absent.</summary>
    private static Dictionary<string, QueueAnswer>? Read(string output)
    {
        var answers = new Dictionary<string, QueueAnswer>();
        foreach (var line in output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split('|', 3) is not [var id, var state, var reason] || !JobId().IsMatch(id) || state.Length == 0)
                return null;
            answers[id] = new(state, reason, null);
        }

        return answers;
    }

    [GeneratedRegex(@"^\d+(?:_(\d+))?$")]
    private static partial Regex JobId();
}
