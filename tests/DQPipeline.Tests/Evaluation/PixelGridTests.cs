using CsCheck;
using DQPipeline.Attacks;
using DQPipeline.Evaluation;

namespace DQPipeline.Tests.Evaluation;

public sealed class PixelGridTests
{
    [Fact]
    public void Pixels_are_rounded_and_not_truncated()
    {
        // 101.6 truncates to 101 and rounds to 102.
        float[] adversarial = [101.6f / 255, 98.4f / 255, 0, 1];
        Assert.Equal([102, 98, 0, 255], PixelGrid.RoundInside([100, 100, 1, 254], adversarial, 2));
    }

    [Fact]
    public void A_fractional_strength_keeps_the_pixels_that_it_cannot_move()
    {
        // ε = 1.7 allows 1 pixel unit; the nearest pixel, 2 away, is out of the ball.
        Assert.Equal([101, 99], PixelGrid.RoundInside([100, 100], [101.7f / 255, 98.3f / 255], 1.7));
        Assert.Equal([100], PixelGrid.RoundInside([100], [100.5f / 255], 0.5));
    }

    [Fact]
    public void The_result_is_the_nearest_pixel_of_the_ball() =>
        Gen.Select(Gen.Byte, Gen.Double[0, 64], Gen.Double[-1, 1]).Sample(
            (x, epsilon, direction) =>
            {
                var value = (float)Math.Clamp((x + (direction * epsilon)) / 255, 0, 1);
                int found = PixelGrid.RoundInside([x], [value], epsilon)[0];
                var inBall = Enumerable.Range(0, 256).Where(pixel => Math.Abs(pixel - x) <= epsilon).ToArray();
                return inBall.Contains(found) && Math.Abs(found - (value * 255.0)) <= inBall.Min(pixel => Math.Abs(pixel - (value * 255.0)));
            },
            iter: 20_000, threads: 1);

    [Fact]
    public void A_change_that_rounding_made_too_long_is_shortened_where_it_overshot_most()
    {
        // 2.6² + 1.55² + 2.4² = 14.92; rounded 3² + 2² + 2² = 17. 2 goes beyond 1.55 by 0.45 and 3 beyond 2.6 by 0.4, so 2 becomes 1: 14.
        float[] adversarial = [102.6f / 255, 98.45f / 255, 102.4f / 255];
        Assert.Equal([103, 99, 102], PixelGrid.RoundInside([100, 100, 100], adversarial, 3.87, Norm.L2));
        // Where there is room, every value goes to its nearest.
        Assert.Equal([103, 98, 102], PixelGrid.RoundInside([100, 100, 100], adversarial, 4.2, Norm.L2));
        // Of equal ones the first; and where no point of the grid is near enough, the clean image is left.
        Assert.Equal([100, 101], PixelGrid.RoundInside([100, 100], [100.7f / 255, 100.7f / 255], 1, Norm.L2));
        Assert.Equal([100, 100], PixelGrid.RoundInside([100, 100], [100.6f / 255, 99.4f / 255], 0.9, Norm.L2));
    }

    [Fact]
    public void What_rounding_leaves_of_a_euclidean_change_is_spent_on_what_it_held_back_most()
    {
        // Each rounds to nothing; ε² = 2.25 pays for two steps of 1, and the greatest changes are those of 0.4 and −0.3.
        float[] small = [100.2f / 255, 100.4f / 255, 100 / 255f, 99.7f / 255, 100.1f / 255];
        Assert.Equal([100, 101, 100, 99, 100], PixelGrid.RoundInside([100, 100, 100, 100, 100], small, 1.5, Norm.L2));
        // 2.4 is 2 from the clean value, and its next step costs 5: of ε² = 7.5, 4 are spent, and 3 pay for the steps of the others; what is not changed stays.
        Assert.Equal([102, 101, 100], PixelGrid.RoundInside([100, 100, 100], [102.4f / 255, 100.3f / 255, 100f / 255], Math.Sqrt(7.5), Norm.L2));
        // What lies on the grid stays there, whatever is left.
        byte[] all = [.. Enumerable.Range(120, 17).Select(k => (byte)k)];
        Assert.Equal(all, PixelGrid.RoundInside([.. all.Select(_ => (byte)128)], [.. all.Select(k => k / 255f)], 255, Norm.L2));
    }

    [Fact]
    public void A_euclidean_change_stays_inside_and_loses_no_more_than_it_must() =>
        Gen.Select(Gen.Byte.Array[12], Gen.Double[-1, 1].Array[12], Gen.Double[0, 30]).Sample(
            (x, direction, epsilon) =>
            {
                var length = Math.Sqrt(direction.Sum(d => d * d));
                float[] adversarial = [.. x.Zip(direction, (pixel, d) => (float)Math.Clamp((pixel + (d / Math.Max(length, 1e-9) * epsilon)) / 255, 0, 1))];
                var found = PixelGrid.RoundInside(x, adversarial, epsilon, Norm.L2);
                Assert.Equal(found, PixelGrid.RoundInside(x, adversarial, epsilon, Norm.L2));
                var squares = 0;
                for (var i = 0; i < x.Length; i++)
                {
                    squares += (found[i] - x[i]) * (found[i] - x[i]);
                    // Each value is one of the two about it, and never on the other side of the clean one.
                    var (exact, change) = ((adversarial[i] * 255.0) - x[i], found[i] - x[i]);
                    Assert.True(Math.Abs(change - exact) < 1.001, $"{exact} became {change}");
                    Assert.True(change * exact >= 0);
                }

                Assert.True(squares <= epsilon * epsilon);
                // Whatever was left out had to be: a step further on the way of any value that has not come as far as it was to go would be too long.
                for (var i = 0; i < x.Length; i++)
                {
                    var (exact, change) = ((adversarial[i] * 255.0) - x[i], found[i] - x[i]);
                    if (Math.Abs(exact) - Math.Abs(change) > 0.001)
                        Assert.True(squares + (2 * Math.Abs(change)) + 1 > epsilon * epsilon);
                }
            },
            iter: 20_000, threads: 1);

    [Fact]
    public void A_set_is_rounded_image_by_image_in_its_own_norm()
    {
        // Both images alone are within ε = 1; together they would not be.
        float[] adversarial = [101f / 255, 100f / 255, 100f / 255, 99f / 255];
        var set = new AdversarialSet(1, 1, 2, 1, [100, 100, 100, 100], adversarial, [0, 0], [0, 0], [0, 0], Norm.L2);
        Assert.Equal([101, 100, 100, 99], PixelGrid.RoundInside(set));
        float[] between = [100.7f / 255, 100.7f / 255];
        Assert.Equal([101, 101], PixelGrid.RoundInside(new AdversarialSet(1, 1, 2, 1, [100, 100], between, [0], [0], [0])));
        Assert.Equal([100, 101], PixelGrid.RoundInside(new AdversarialSet(1, 1, 2, 1, [100, 100], between, [0], [0], [0], Norm.L2)));
    }

    [Fact]
    public void What_is_no_image_is_refused()
    {
        Assert.Throws<ArgumentException>(() => PixelGrid.RoundInside([1, 2], [0.5f], 8));
        Assert.Throws<ArgumentException>(() => PixelGrid.RoundInside([1], [float.NaN], 8));
        Assert.Throws<ArgumentException>(() => PixelGrid.RoundInside([1], [1.001f], 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => PixelGrid.RoundInside([1], [0.5f], -1));
    }
}
