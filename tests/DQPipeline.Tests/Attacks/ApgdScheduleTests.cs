using DQPipeline.Attacks;

namespace DQPipeline.Tests.Attacks;

/// <summary>When Auto-PGD looks back and what it decides, against the table and the two conditions of Croce and Hein 2020, section 3.2.</summary>
public sealed class ApgdScheduleTests
{
    [Theory]
    // ⌈p·N⌉ of p = 0.22, 0.41, 0.57, 0.70, 0.80, 0.87, 0.93, 0.99.
    [InlineData(100, new[] { 22, 41, 57, 70, 80, 87, 93, 99 })]
    // 11, then shorter by 1 each time, never below 3.
    [InlineData(50, new[] { 11, 21, 30, 38, 45 })]
    [InlineData(10, new[] { 2, 3, 4, 5, 6, 7, 8, 9, 10 })]
    public void It_looks_back_where_the_reference_does(int steps, int[] moments)
    {
        // An image whose value always falls is halved at every look.
        var schedule = new ApgdSchedule(steps, [0f]);
        var found = new List<int>();
        for (var step = 1; step <= steps; step++)
        {
            schedule.Take([-step]);
            if (schedule.LookBack() is not null)
                found.Add(step);
        }

        Assert.Equal(moments, found);
    }

    [Fact]
    public void Steps_are_halved_where_too_few_of_them_rise()
    {
        // Of 22 steps, 17 rise (> 0.75·22 = 16.5) for the first image and 16 for the second; both end at their best.
        var schedule = new ApgdSchedule(100, [0f, 0f]);
        var (first, second) = (0f, 0f);
        bool[]? halves = null;
        for (var step = 1; step <= 22; step++)
        {
            first += step > 5 ? 1 : -0.1f;
            second += step > 6 ? 1 : -0.1f;
            schedule.Take([first, second]);
            halves = schedule.LookBack();
            if (step < 22)
                Assert.Null(halves);
        }

        Assert.Equal([false, true], Assert.IsType<bool[]>(halves));
    }

    [Fact]
    public void Steps_are_halved_where_the_best_has_not_moved_since_the_last_look_unless_they_were_then()
    {
        // Two images that rise all the way to the first look; after it the first repeats a saw below its best with 16 rises of 19, more than 0.75·19 = 14.25.
        var schedule = new ApgdSchedule(100, [0f]);
        for (var step = 1; step <= 22; step++)
            schedule.Take([step]);
        Assert.Null(schedule.LookBack());
        var value = -100f;
        for (var step = 1; step <= 19; step++)
        {
            value += step is 1 or 7 or 13 ? -1 : 0.5f;
            schedule.Take([value]);
        }

        Assert.Equal([true], Assert.IsType<bool[]>(schedule.LookBack()));
        Assert.Equal(22f, schedule.Best[0]);
        // At the next look its best still stands, but it was halved at the last one, and the steps rise: it is let go on.
        for (var step = 1; step <= 16; step++)
            schedule.Take([value + step]);
        Assert.Null(schedule.LookBack());
    }
}
