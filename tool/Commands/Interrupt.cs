using System.Runtime.InteropServices;

namespace DQPipeline.Tool.Commands;

/// <summary>
/// What Ctrl-C and SIGTERM do. The first asks the command for an end, which may take the time of a checkpoint; whoever asks again does not want to wait for it.
/// </summary>
internal sealed class Interrupt : IDisposable
{
    /// <summary>A launcher passes on what a terminal sends to both, and `timeout` signals a program and then its group: what comes within this time is one wish.</summary>
    private static readonly TimeSpan s_same = TimeSpan.FromSeconds(1);

    /// <summary>A command is waited for no longer than this: workers get 15 seconds for a checkpoint, those on a cluster 45.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private readonly TimeProvider _time;
    private readonly Action _end;
    private readonly CancellationTokenSource _source = new();
    private readonly Lock _gate = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private ITimer? _patience;
    private long? _first;
    private bool _isOver;

    /// <summary>Nothing is listened for yet.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="end">Ends the process at once.</param>
    public Interrupt(TimeProvider time, Action end) => (_time, _end) = (time, end);

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Takes the signals of this process from now on.</summary>
    public Interrupt Listen()
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Ask();
            }));
        }

        return this;
    }

    /// <summary>Asks for an end.</summary>
    public void Ask()
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            if (_first is not { } first)
            {
                _first = _time.GetTimestamp();
                _patience = _time.CreateTimer(_ => _end(), null, s_longest, Timeout.InfiniteTimeSpan);
                // Whatever waits for it goes on elsewhere: nothing of it may fail here, where no one would take the failure.
                _ = _source.CancelAsync();
                return;
            }

            if (_time.GetElapsedTime(first) < s_same)
                return;
        }

        _end();
    }

    /// <summary>Heeds no more. The signals stay taken: one that comes while the process ends does not change how it ended.</summary>
    public void Dispose()
    {
        lock (_gate)
            _isOver = true;
        _patience?.Dispose();
        _source.Dispose();
    }
}
