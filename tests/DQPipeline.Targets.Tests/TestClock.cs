using System.Collections.Concurrent;

namespace DQPipeline.Targets.Tests;

/// <summary>A clock on which every pause is over at once, and on which time goes on by a step whenever it is read.</summary>
internal sealed class TestClock : TimeProvider
{
    private long _ticks;

    /// <summary>How much later it is each time that somebody asks.</summary>
    public TimeSpan Step { get; init; }

    /// <summary>What happens during each pause.</summary>
    public Action OnPause { get; init; } = () => { };

    /// <summary>How long each pause was to be.</summary>
    public ConcurrentQueue<TimeSpan> Pauses { get; } = new();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Add(ref _ticks, Step.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime >= TimeSpan.Zero)
        {
            Pauses.Enqueue(dueTime);
            OnPause();
        }

        return base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
    }
}
