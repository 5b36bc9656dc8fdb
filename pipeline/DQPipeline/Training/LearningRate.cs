using DQPipeline.Declarations;

namespace DQPipeline.Training;

/// <summary>The learning rate of every step, as a pure function of its number: a run that starts in the middle needs no state for it.</summary>
internal sealed class LearningRate
{
    private readonly ScheduleDeclaration schedule;
    private readonly double peak;

    /// <summary>A schedule over the given number of steps.</summary>
    /// <exception cref="DqException">DQ1004: the kind is unknown.</exception>
    public LearningRate(ScheduleDeclaration schedule, double peak, long steps)
    {
        if (schedule.Kind is not ("one-cycle" or "step"))
            throw new DqException(DiagnosticCodes.OutOfRange, $"'{schedule.Kind}' is no schedule. Use one-cycle or step.");
        (this.schedule, this.peak, Steps) = (schedule, peak, steps);
    }

    /// <summary>Steps of the whole training.</summary>
    public long Steps { get; }

    /// <summary>The rate of step <paramref name="step"/>, from 0.</summary>
    public double At(long step)
    {
        if (schedule.Kind == "step")
        {
            // Rounded: 0.3 of 200 epochs are 60 epochs, whatever the last bit of 0.3 says.
            var passed = schedule.Milestones.Count(share => step >= Math.Round(share * Steps));
            return peak * Math.Pow(schedule.Gamma, passed);
        }

        // A step takes the rate at its middle, so that neither the first nor the last one stands still.
        var (now, top) = (step + 0.5, schedule.Warmup * Steps);
        return peak * (now < top ? now / top : (Steps - now) / (Steps - top));
    }
}
