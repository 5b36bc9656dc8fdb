using CsCheck;
using DQPipeline.Lipschitz;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Lipschitz;

public class LipschitzPenaltyTests
{
    [Fact]
    public void The_value_is_that_computed_by_hand()
    {
        // WᵀW = [[5, 11], [11, 25]]; less I: [[4, 11], [11, 24]]; squares: 16 + 121 + 121 + 576 = 834; times β/2 = 1/4.
        using var tall = tensor(new[] { 1.0, 3, 2, 4, 0, 0 }, 3, 2);
        using var value = new LipschitzPenalty(0.5).Value([tall]);
        Assert.Equal(834 / 4.0, value.item<double>(), 1e-12);
    }

    [Fact]
    public void Orthonormal_rows_leave_only_the_columns_that_no_row_can_fill()
    {
        // Two orthonormal rows of length 5: WᵀW has eigenvalues 1, 1, 0, 0, 0, and so ‖WᵀW − I‖² = 3.
        using var rows = tensor(new[] { 0.6, 0.8, 0, 0, 0, 0, 0, 1, 0, 0 }, 2, 5);
        using var value = new LipschitzPenalty(2).Value([rows]);
        Assert.Equal(3, value.item<double>(), 1e-12);
    }

    [Theory]
    [InlineData(3, 7)]
    [InlineData(7, 3)]
    [InlineData(4, 4)]
    public void The_gradient_is_that_of_finite_differences(int rows, int columns)
    {
        const double h = 1e-6;
        using var scope = NewDisposeScope();
        var penalty = new LipschitzPenalty(0.3);
        var weight = randn(rows, columns, dtype: ScalarType.Float64).requires_grad_();
        weight.grad = zeros_like(weight);
        penalty.AddGradient([weight]);
        var values = weight.detach().clone();
        for (var i = 0; i < rows; i++)
        {
            for (var k = 0; k < columns; k++)
            {
                var original = values[i, k].item<double>();
                values[i, k] = original + h;
                var above = penalty.Value([values]).item<double>();
                values[i, k] = original - h;
                var below = penalty.Value([values]).item<double>();
                values[i, k] = original;
                Assert.Equal((above - below) / (2 * h), weight.grad![i, k].item<double>(), 1e-6);
            }
        }
    }

    [Fact]
    public void Value_and_gradient_are_those_of_autograd_on_the_papers_formula()
    {
        (from rows in Gen.Int[1, 9] from inputs in Gen.Int[1, 5] from kernel in Gen.Int[0, 1].Select(i => 1 + 2 * i) from seed in Gen.Int[0, 10_000] select (rows, inputs, kernel, seed)).Sample(s =>
        {
            const double beta = 1e-2;
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)s.seed);
            var convolution = randn([s.rows, s.inputs, s.kernel, s.kernel], dtype: ScalarType.Float64, generator: generator);
            var linear = randn([s.rows, s.inputs], dtype: ScalarType.Float64, generator: generator);
            Tensor[] theirs = [convolution.clone().requires_grad_(), linear.clone().requires_grad_()];
            var literal = zeros([], dtype: ScalarType.Float64);
            foreach (var weight in theirs)
            {
                var w = weight.reshape(s.rows, -1);
                literal = literal + (w.t().mm(w) - eye(w.shape[1], dtype: ScalarType.Float64)).square().sum();
            }

            literal = literal * (beta / 2);
            literal.backward();

            Tensor[] ours = [convolution.clone().requires_grad_(), linear.clone().requires_grad_()];
            foreach (var weight in ours)
                weight.grad = ones_like(weight);
            var value = new LipschitzPenalty(beta).AddGradient(ours);
            Assert.Equal(literal.item<double>(), value.item<double>(), 1e-9 * Math.Max(1, literal.item<double>()));
            for (var i = 0; i < ours.Length; i++)
                Assert.True(ours[i].grad!.allclose(theirs[i].grad! + 1, rtol: 1e-9, atol: 1e-9));
        }, iter: 100, threads: 1);
    }

    [Fact]
    public void A_weight_without_gradient_is_refused()
    {
        using var weight = ones(2, 2).requires_grad_();
        Assert.Throws<InvalidOperationException>(() => new LipschitzPenalty(1).AddGradient([weight]));
    }

    [Fact]
    public void Nothing_is_left_behind_but_the_value()
    {
        using var weight = ones(2, 2).requires_grad_();
        weight.grad = zeros(2, 2);
        DisposeScopeManager.Statistics.Reset();
        using (new LipschitzPenalty(1).AddGradient([weight]))
        {
        }

        Assert.Equal(0, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
