using DQPipeline.Tool.Commands;

namespace DQPipeline.Journeys;

/// <summary>Signals that ask for an end, by a clock of their own.</summary>
public class InterruptTests
{
    private readonly Clock _clock = new();
    private int _ends;

    [Fact]
    public async Task The_first_asks_what_follows_at_once_is_the_same_and_a_later_one_ends()
    {
        using var interrupt = new Interrupt(_clock, () => _ends++);
        var told = new TaskCompletionSource();
        using var registration = interrupt.Token.Register(told.SetResult);
        interrupt.Ask();
        interrupt.Ask();
        await told.Task.WaitAsync(TestContext.Current.CancellationToken);
        _clock.Now += TimeSpan.FromSeconds(0.9);
        interrupt.Ask();
        Assert.Equal(0, _ends);
        _clock.Now += TimeSpan.FromSeconds(0.2);
        interrupt.Ask();
        Assert.Equal(1, _ends);
    }

    [Fact]
    public void A_command_that_does_not_come_to_an_end_is_ended()
    {
        using var interrupt = new Interrupt(_clock, () => _ends++);
        Assert.Null(_clock.Due);
        interrupt.Ask();
        Assert.Equal(TimeSpan.FromSeconds(60), _clock.Due);
        _clock.Ring();
        Assert.Equal(1, _ends);
    }

    [Fact]
    public void After_the_end_nothing_is_asked()
    {
        var interrupt = new Interrupt(_clock, () => _ends++);
        interrupt.Dispose();
        interrupt.Ask();
        _clock.Now += TimeSpan.FromSeconds(5);
        interrupt.Ask();
        Assert.Equal(0, _ends);
    }

    private sealed class Clock : TimeProvider
    {
        private Action? _ring;

        public TimeSpan Now { get; set; }

        public TimeSpan? Due { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (Due, _ring) = (dueTime, () => callback(state));
            return new Nothing();
        }

        public void Ring() => _ring!();

        private sealed class Nothing : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
