using DQPipeline.Declarations;

namespace DQPipeline.Training;

/// <summary>The share of the Lipschitz β, or of a constraint, that counts in the course of a training: none at first, then a linear rise to all of it.</summary>
internal sealed class PenaltyRise(LipschitzDeclaration declaration, long steps)
{
    /// <summary>The share in step <paramref name="step"/>, from 0: 0 to 1.</summary>
    public double At(long step)
    {
        // A step takes the share at its middle, as it takes the learning rate.
        var since = step + 0.5 - (declaration.Delay * steps);
        var rise = declaration.Warmup * steps;
        return since <= 0 ? 0 : since >= rise ? 1 : since / rise;
    }
}
