using DQPipeline.Targets.Building;

namespace DQPipeline.Targets.Tests;

public class SharedLookTests
{
    private readonly SharedLook _shared = new();
    private int _looks;

    /// <summary>The look in work may have passed what those who come now have read, so it does not answer them; the next one answers them all.</summary>
    [Fact]
    public void Those_who_ask_while_a_look_is_in_work_share_the_next_one()
    {
        AskWhileOneLooks(20, () => { });
        Assert.Equal(2, _looks);
        _shared.Take(() => _looks++);
        Assert.Equal(3, _looks);
    }

    [Fact]
    public void A_look_that_fails_answers_nobody_else()
    {
        AskWhileOneLooks(5, () => throw new InvalidOperationException());
        Assert.Equal(6, _looks);
    }

    /// <summary>One look that is in work until <paramref name="others"/> threads wait for theirs; each look ends with <paramref name="end"/>.</summary>
    private void AskWhileOneLooks(int others, Action end)
    {
        using var isIn = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var first = Start(() =>
        {
            isIn.Set();
            goOn.Wait();
        });
        isIn.Wait(TestContext.Current.CancellationToken);
        var waiting = Enumerable.Range(0, others).Select(_ => Start(() => { })).ToList();
        Assert.True(SpinWait.SpinUntil(() => waiting.TrueForAll(thread => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin)), TimeSpan.FromMinutes(5)));
        Assert.Equal(1, _looks);
        goOn.Set();
        foreach (var thread in waiting.Append(first))
            thread.Join();

        Thread Start(Action inside)
        {
            var thread = new Thread(() =>
            {
                try
                {
                    _shared.Take(() =>
                    {
                        _ = Interlocked.Increment(ref _looks);
                        inside();
                        end();
                    });
                }
                catch (InvalidOperationException)
                {
                    // Of a look that is to fail.
                }
            });
            thread.Start();
            return thread;
        }
    }
}
