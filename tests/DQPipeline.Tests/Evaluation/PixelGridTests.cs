using CsCheck;
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
    public void What_is_no_image_is_refused()
    {
        Assert.Throws<ArgumentException>(() => PixelGrid.RoundInside([1, 2], [0.5f], 8));
        Assert.Throws<ArgumentException>(() => PixelGrid.RoundInside([1], [float.NaN], 8));
        Assert.Throws<ArgumentException>(() => PixelGrid.RoundInside([1], [1.001f], 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => PixelGrid.RoundInside([1], [0.5f], -1));
    }
}
