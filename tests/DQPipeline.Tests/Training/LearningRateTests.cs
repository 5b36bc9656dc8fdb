using DQPipeline.Declarations;
using DQPipeline.Training;

namespace DQPipeline.Tests.Training;

public class LearningRateTests
{
    [Fact]
    public void Step_is_the_papers_protocol_of_60_120_and_160_epochs()
    {
        const int perEpoch = 391;
        var rate = new LearningRate(new ScheduleDeclaration { Kind = "step" }, 0.1, 200 * perEpoch);
        Assert.Equal(0.1, rate.At(0), 1e-12);
        Assert.Equal(0.1, rate.At(60 * perEpoch - 1), 1e-12);
        Assert.Equal(0.02, rate.At(60 * perEpoch), 1e-12);
        Assert.Equal(0.02, rate.At(120 * perEpoch - 1), 1e-12);
        Assert.Equal(0.004, rate.At(120 * perEpoch), 1e-12);
        Assert.Equal(0.004, rate.At(160 * perEpoch - 1), 1e-12);
        Assert.Equal(0.0008, rate.At(160 * perEpoch), 1e-12);
        Assert.Equal(0.0008, rate.At(200 * perEpoch - 1), 1e-12);
    }

    [Fact]
    public void Step_multiplies_by_gamma_at_each_milestone_that_is_declared()
    {
        var rate = new LearningRate(new ScheduleDeclaration { Kind = "step", Milestones = [0.25, 0.5, 0.9], Gamma = 0.5 }, 0.8, 8);
        // 0.9 of 8 steps are 7.2: the last step is past it.
        double[] expected = [0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1];
        for (var step = 0; step < expected.Length; step++)
            Assert.Equal(expected[step], rate.At(step), 1e-12);
    }

    [Fact]
    public void One_cycle_rises_and_falls_in_straight_lines_and_never_stands_still()
    {
        var rate = new LearningRate(new ScheduleDeclaration { Warmup = 0.4 }, 1, 10);
        // Middles of ten steps under a tent with its top at 4: 0.5/4, 1.5/4, …, then 5.5/6, 4.5/6, …
        double[] expected = [0.125, 0.375, 0.625, 0.875, 5.5 / 6, 4.5 / 6, 3.5 / 6, 2.5 / 6, 1.5 / 6, 0.5 / 6];
        for (var step = 0; step < expected.Length; step++)
            Assert.Equal(expected[step], rate.At(step), 1e-12);
    }

    [Theory]
    [InlineData(0, 0.95, 0.05)]
    [InlineData(1, 0.05, 0.95)]
    public void One_cycle_may_only_fall_or_only_rise(double warmup, double first, double last)
    {
        var rate = new LearningRate(new ScheduleDeclaration { Warmup = warmup }, 1, 10);
        Assert.Equal(first, rate.At(0), 1e-12);
        Assert.Equal(last, rate.At(9), 1e-12);
    }

    [Fact]
    public void An_unknown_schedule_is_a_coded_error()
    {
        var failure = Assert.Throws<DqException>(() => new LearningRate(new ScheduleDeclaration { Kind = "cosine" }, 1, 10));
        Assert.Equal(DiagnosticCodes.OutOfRange, failure.Diagnostics[0].Code);
    }
}
