using System.Runtime;

namespace DQPipeline.Benchmarks;

/// <summary>
/// No garbage collection while this lives, as far as memory allows. TorchSharp lets go of numbers that libtorch still reads, so that a collection at the wrong moment ends a textbook
/// loop now and then (<c>Native/Number.cs</c> is how the product's own code avoids it); and what is timed is then free of collections.
/// </summary>
internal sealed class Uncollected : IDisposable
{
    private const long Budget = 200_000_000;

    public Uncollected() => GC.TryStartNoGCRegion(Budget);

    public void Dispose()
    {
        // The budget may have been exceeded, which ends the region.
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            GC.EndNoGCRegion();
    }
}
