namespace DQPipeline.Targets.Building;

/// <summary>A look that takes long and that many ask for: one that began after somebody asked answers everybody who had asked by then, so that a thousand who wait cost one look more and not a thousand.</summary>
internal sealed class SharedLook
{
    private readonly Lock _sync = new();
    private long _tickets;
    private long _began;

    /// <summary>Looks, or waits for a look of another that began after this call.</summary>
    /// <param name="look">Looks; throws where what it sees is not as it should be, which answers nobody else.</param>
    public void Take(Action look)
    {
        var asked = Interlocked.Increment(ref _tickets);
        lock (_sync)
        {
            if (_began > asked)
                return;
            var began = Interlocked.Increment(ref _tickets);
            look();
            _began = began;
        }
    }
}
