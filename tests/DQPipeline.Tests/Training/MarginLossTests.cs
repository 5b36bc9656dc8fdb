using DQPipeline.Training;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Training;

public class MarginLossTests
{
    [Fact]
    public void The_value_is_that_computed_by_hand()
    {
        using var scope = NewDisposeScope();
        // Rows at distances 5 (0 and 1), 1 (0 and 2) and √(3² + 3²) (1 and 2).
        var weight = tensor(new[] { 0.0, 0, 3, 4, 0, 1 }, 3, 2);
        var logits = tensor(new[] { 2.0, 1, 1.5, 0, 3, -3 }, 2, 3);
        // First image, class 0: margins 1/5 and 0.5/1. Second, class 1: 3/5 and 6/√18, which is above 1 and costs nothing.
        var expected = ((1 - 0.2) + (1 - 0.5) + (1 - 0.6)) / 2;
        Assert.Equal(expected, MarginLoss.Of(logits, tensor(new long[] { 0, 1 }), weight, 1).item<double>(), 1e-12);
        // The length of the weights is no margin: twice the rows give twice the logits.
        Assert.Equal(expected, MarginLoss.Of(logits * 2, tensor(new long[] { 0, 1 }), weight * 2, 1).item<double>(), 1e-12);
    }

    [Fact]
    public void Its_gradients_are_those_of_finite_differences()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var features = randn([6, 5], dtype: ScalarType.Float64, generator: generator);
        var weight = randn([4, 5], dtype: ScalarType.Float64, generator: generator).requires_grad_();
        var labels = tensor(new long[] { 0, 1, 2, 3, 1, 1 });
        MarginLoss.Of(features.mm(weight.t()), labels, weight, 0.7).backward();
        var values = weight.detach().clone();
        double Value() => MarginLoss.Of(features.mm(values.t()), labels, values, 0.7).item<double>();
        const double h = 1e-6;
        for (var i = 0; i < 4; i++)
        {
            for (var k = 0; k < 5; k++)
            {
                var original = values[i, k].item<double>();
                values[i, k] = original + h;
                var above = Value();
                values[i, k] = original - h;
                var below = Value();
                values[i, k] = original;
                Assert.Equal((above - below) / (2 * h), weight.grad![i, k].item<double>(), 1e-7);
            }
        }
    }

    [Fact]
    public void Equal_rows_give_numbers()
    {
        using var scope = NewDisposeScope();
        var weight = ones(3, 2).requires_grad_();
        var logits = zeros(2, 3).requires_grad_();
        MarginLoss.Of(logits, tensor(new long[] { 0, 2 }), weight, 1).backward();
        Assert.True(weight.grad!.isfinite().all().item<bool>() && logits.grad!.isfinite().all().item<bool>());
    }
}
