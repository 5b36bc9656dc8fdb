using Polly;
using Polly.Retry;

namespace DQPipeline.Targets.Caching;

/// <summary>How often a store is asked: a few times, with growing pauses of random length, where its failure may pass.</summary>
internal static class Attempts
{
    /// <summary>The pipeline by which a store makes its requests.</summary>
    /// <param name="time">The clock of pauses.</param>
    public static ResiliencePipeline Create(TimeProvider time) => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RemoteFailure>(failure => failure.IsPassing),
            MaxRetryAttempts = 2,
            Delay = TimeSpan.FromMilliseconds(200),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();
}
