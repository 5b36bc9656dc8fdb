using CsCheck;
using DQPipeline.Declarations;
using DQPipeline.Lipschitz;
using DQPipeline.Networks;
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
        using var value = Penalty(0.5).Value([new(tall)]);
        Assert.Equal(834 / 4.0, value.item<double>(), 1e-12);
    }

    [Fact]
    public void Orthonormal_rows_leave_only_the_columns_that_no_row_can_fill()
    {
        // Two orthonormal rows of length 5: WᵀW has eigenvalues 1, 1, 0, 0, 0, and so ‖WᵀW − I‖² = 3.
        using var rows = tensor(new[] { 0.6, 0.8, 0, 0, 0, 0, 0, 1, 0, 0 }, 2, 5);
        using var value = Penalty(2).Value([new(rows)]);
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
        var penalty = Penalty(0.3);
        var weight = randn(rows, columns, dtype: ScalarType.Float64).requires_grad_();
        weight.grad = zeros_like(weight);
        penalty.AddGradient([new(weight)]);
        var values = weight.detach().clone();
        for (var i = 0; i < rows; i++)
        {
            for (var k = 0; k < columns; k++)
            {
                var original = values[i, k].item<double>();
                values[i, k] = original + h;
                var above = penalty.Value([new(values)]).item<double>();
                values[i, k] = original - h;
                var below = penalty.Value([new(values)]).item<double>();
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
            var value = Penalty(beta).AddGradient([.. ours.Select(weight => new PenalizedWeight(weight))]);
            Assert.Equal(literal.item<double>(), value.item<double>(), 1e-9 * Math.Max(1, literal.item<double>()));
            for (var i = 0; i < ours.Length; i++)
                Assert.True(ours[i].grad!.allclose(theirs[i].grad! + 1, rtol: 1e-9, atol: 1e-9));
        }, iter: 100, threads: 1);
    }

    [Fact]
    public void A_weight_without_gradient_is_refused()
    {
        using var weight = ones(2, 2).requires_grad_();
        Assert.Throws<InvalidOperationException>(() => Penalty(1).AddGradient([new(weight)]));
    }

    [Fact]
    public void Nothing_is_left_behind_but_the_value()
    {
        using var weight = ones(2, 2).requires_grad_();
        weight.grad = zeros(2, 2);
        DisposeScopeManager.Statistics.Reset();
        using (Penalty(1).AddGradient([new(weight)]))
        {
        }

        Assert.Equal(0, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void The_bound_leaves_singular_values_up_to_1_alone()
    {
        // Singular values 2 and 1/2, in a rotated frame: only 2² − 1 = 3 counts, and the gradient 2β·s(s² − 1) of 2 alone.
        using var scope = NewDisposeScope();
        var (left, right) = (tensor(new[] { 0.6, 0.8, -0.8, 0.6 }, 2, 2), tensor(new[] { 0.0, 1, 0, 1, 0, 0 }, 2, 3));
        var weight = left.mm(diag(tensor(new[] { 2, 0.5 }))).mm(right).requires_grad_();
        weight.grad = zeros_like(weight);
        var value = Penalty(0.1, form: "bound").AddGradient([new(weight)]);
        Assert.Equal(0.05 * 9, value.item<double>(), 1e-12);
        var expected = left.mm(diag(tensor(new[] { 0.2 * 2 * 3, 0 }))).mm(right);
        Assert.True(weight.grad!.allclose(expected, rtol: 1e-10, atol: 1e-12));
    }

    [Theory]
    [InlineData(3, 7, "orthogonal")]
    [InlineData(7, 3, "orthogonal")]
    [InlineData(3, 7, "bound")]
    [InlineData(7, 3, "bound")]
    public void The_folded_gradient_is_that_of_finite_differences(int rows, int columns, string form)
    {
        const double h = 1e-6;
        const double beta = 0.3;
        using var scope = NewDisposeScope();
        var (weight, gamma, variance) = (randn(rows, columns, dtype: ScalarType.Float64), randn(rows, dtype: ScalarType.Float64), rand(rows, dtype: ScalarType.Float64).add_(0.5));
        var gain = weight.square().sum(1).div(variance + 1e-5).sqrt();

        // The definition, with the gain as the constant that it is: the value of the penalty on F, by singular values.
        double Literal(Tensor w, Tensor g)
        {
            using var inner = NewDisposeScope();
            var singular = linalg.svdvals((g * gain / w.square().sum(1).sqrt()).unsqueeze(1) * w).data<double>().ToArray();
            var missing = form == "orthogonal" ? Math.Max(0, columns - rows) : 0;
            return beta / 2 * (missing + singular.Sum(s => Math.Pow(form == "bound" ? Math.Max(s * s - 1, 0) : s * s - 1, 2)));
        }

        var (ours, scale) = (weight.clone().requires_grad_(), gamma.clone().requires_grad_());
        (ours.grad, scale.grad) = (zeros_like(ours), zeros_like(scale));
        var value = Penalty(beta, form: form).AddGradient([new(ours, scale, variance)]);
        Assert.Equal(Literal(weight, gamma), value.item<double>(), 1e-9);
        Assert.Equal(value.item<double>(), Penalty(beta, form: form).Value([new(ours, scale, variance)]).item<double>(), 1e-12);
        foreach (var (parameter, gradient) in new[] { (weight, ours.grad!), (gamma, scale.grad!) })
        {
            var (flat, expected) = (parameter.view(-1), gradient.view(-1));
            for (var i = 0; i < flat.numel(); i++)
            {
                var original = flat[i].item<double>();
                flat[i] = original + h;
                var above = Literal(weight, gamma);
                flat[i] = original - h;
                var below = Literal(weight, gamma);
                flat[i] = original;
                Assert.Equal((above - below) / (2 * h), expected[i].item<double>(), 1e-5);
            }
        }
    }

    [Fact]
    public void A_limit_shortens_what_is_longer_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        // Two short rows and two that are a hundred times too long; neither pair knows of the other.
        var weight = tensor(new[] { 1.0, 0.5, 0, 0, 0, 0.6, -1.2, 0, 0, 0, 0, 0, 100, 200, 0, 0, 0, 100, 0, 50 }, 4, 5).requires_grad_();
        var gamma = tensor(new[] { 1.1, 0.9, 2.0, 2.0 }).requires_grad_();
        var variance = tensor(new[] { 1.0, 1.2, 1.5, 0.7 });

        (Tensor Weight, Tensor Gamma) Gradients(double limit)
        {
            (weight.grad, gamma.grad) = (zeros_like(weight), zeros_like(gamma));
            Penalty(1e-3).AddGradient([new(weight, gamma, variance)], limit);
            return (weight.grad!.clone(), gamma.grad!.clone());
        }

        var (free, limited) = (Gradients(1e15), Gradients(0.5));
        for (var row = 0; row < 2; row++)
        {
            Assert.True(limited.Weight[row].allclose(free.Weight[row], rtol: 1e-12, atol: 0));
            Assert.Equal(free.Gamma[row].item<double>(), limited.Gamma[row].item<double>(), 1e-15);
        }

        Assert.True(free.Gamma[2].item<double>() > 1e6);
        Assert.Equal(0.5 * 2, limited.Gamma[2].item<double>(), 1e-12);
        Assert.Equal(0.5 * Math.Sqrt(100 * 100 + 200 * 200), limited.Weight[2].norm().item<double>(), 1e-9);
        // Shortened, not turned.
        Assert.Equal(1, nn.functional.cosine_similarity(limited.Weight[2], free.Weight[2], dim: 0).item<double>(), 1e-9);
    }

    [Fact]
    public void What_is_folded_is_what_the_network_applies()
    {
        using var scope = NewDisposeScope();
        var description = new NetworkDescription("vgg-s", new ActivationDeclaration(), 3, 8, 8, ["a", "b"]);
        using var network = NetworkFactory.Create(description, 3);
        using (no_grad())
        {
            foreach (var layer in network.WeightLayers.Where(layer => layer.Norm is not null))
            {
                layer.Norm!.Weight.uniform_(-2, 2);
                layer.Norm.RunningVariance.uniform_(0.2, 3);
                layer.Norm.RunningMean.uniform_(-1, 1);
            }
        }

        network.eval();
        var (first, folded) = (network.WeightLayers[0], PenalizedWeight.Of(network.WeightLayers, folded: true)[0]);
        var operation = folded.Matrix() * folded.InverseDeviation()! * folded.Gamma!.unsqueeze(1);
        // Batch norm after convolution, by torch's own operators, is the folded convolution and a shift.
        var image = randn(1, 3, 8, 8);
        var layered = nn.functional.batch_norm(
            nn.functional.conv2d(image, first.Weight, padding: [1, 1]), first.Norm!.RunningMean, first.Norm.RunningVariance, first.Norm.Weight, zeros(32), false);
        var shift = nn.functional.batch_norm(zeros(1, 32, 8, 8), first.Norm.RunningMean, first.Norm.RunningVariance, first.Norm.Weight, zeros(32), false);
        Assert.True((layered - shift).allclose(nn.functional.conv2d(image, operation.view(first.Weight.shape), padding: [1, 1]), rtol: 1e-4, atol: 1e-5));
        // The linear layer has no batch norm and is taken as it is.
        Assert.Null(PenalizedWeight.Of(network.WeightLayers, folded: true)[^1].Gamma);
        Assert.All(PenalizedWeight.Of(network.WeightLayers, folded: false), weight => Assert.Null(weight.Gamma));
    }

    private static LipschitzPenalty Penalty(double beta, string form = "orthogonal") => new(new LipschitzDeclaration { Beta = beta, Form = form });
}
