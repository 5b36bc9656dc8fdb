using DQPipeline.Declarations;
using DQPipeline.Lipschitz;
using DQPipeline.Training;
using TorchSharp;
using static DQPipeline.Tests.Training.TrainingFixture;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Lipschitz;

/// <summary>Constraints against the singular values of what they constrain.</summary>
public class LipschitzConstraintTests
{
    [Theory]
    [InlineData("weights", 1.0)]
    [InlineData("folded", 1.0)]
    [InlineData("folded", 0.3)]
    public void The_spectral_constraint_brings_the_real_operators_to_the_limit(string of, double limit)
    {
        using var scope = NewDisposeScope();
        using var network = LipschitzAccountTests.Drawn("vgg-s", "relu6", "sum");
        var before = Numbers(network);
        using var constraint = LipschitzConstraint.Of(network, new LipschitzDeclaration { Of = of, Constraint = "spectral", Limit = limit }, 1)!;
        for (var step = 0; step < 200; step++)
            constraint.Apply();
        foreach (var item in ConstrainedOperator.Of(network))
        {
            var operation = item.Operation(of == "folded" && item.Norm is { } norm ? norm.Weight.detach() / item.Deviation() : null);
            // The first one by its matrix, the others, whose matrices are large, by long iteration.
            var exact = operation is ConvolutionOperator convolution ? convolution with { Weight = convolution.Weight.to(ScalarType.Float64) } : operation;
            var size = item.Name switch
            {
                "conv1" => DenseOperator.Norm(DenseOperator.Of((ConvolutionOperator)exact)),
                "linear" => DenseOperator.Norm(((MatrixOperator)operation).Matrix.to(ScalarType.Float64)),
                _ => PowerIteration.Run(exact, 1e-4, 3, CancellationToken.None).Estimate,
            };
            Assert.InRange(size, limit * 0.98, limit * 1.01);
        }

        // Folded, W is not touched, since its length comes to nothing; the linear layer has no batch norm.
        var moved = network.state_dict().OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        var at = 0;
        foreach (var (name, value) in moved)
        {
            var same = value.data<float>().ToArray().AsSpan().SequenceEqual(before.AsSpan(at, (int)value.numel()));
            at += (int)value.numel();
            var isMoved = of == "weights" ? value.dim() > 1 : name == "linear.weight" || (name.StartsWith("norm", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal));
            Assert.Equal(isMoved, !same);
        }
    }

    [Fact]
    public void What_is_within_the_limit_stays_as_it_is()
    {
        using var network = LipschitzAccountTests.Drawn("wrn-10-1", "relu6", "convex");
        var before = Numbers(network);
        using var constraint = LipschitzConstraint.Of(network, new LipschitzDeclaration { Of = "folded", Constraint = "spectral", Limit = 100 }, 1)!;
        constraint.Apply();
        Assert.Equal(before, Numbers(network));
    }

    [Fact]
    public void A_constraint_that_has_come_half_way_allows_twice_the_limit_and_one_that_has_not_begun_everything()
    {
        using var scope = NewDisposeScope();
        using var network = LipschitzAccountTests.Drawn("vgg-s", "relu6", "sum");
        var before = Numbers(network);
        using var constraint = LipschitzConstraint.Of(network, new LipschitzDeclaration { Constraint = "spectral", Limit = 0.4 }, 1)!;
        constraint.Apply(0);
        Assert.Equal(before, Numbers(network));
        for (var step = 0; step < 100; step++)
            constraint.Apply(0.5);
        var first = ConstrainedOperator.Of(network)[0];
        Assert.InRange(DenseOperator.Norm(DenseOperator.Of(first.Weight!.detach().to(ScalarType.Float64), 1, 8, 8)), 0.79, 0.81);
    }

    /// <summary>Where widening is 1, the first block's shortcut takes the stem's map past the batch norm: folded or not, each of the two is an operator of its own.</summary>
    [Fact]
    public void A_convolution_that_a_shortcut_takes_past_its_batch_norm_is_held_too()
    {
        using var scope = NewDisposeScope();
        using var network = LipschitzAccountTests.Drawn("wrn-10-1", "relu6", "sum");
        var stem = ConstrainedOperator.Of(network)[0];
        Assert.True(DenseOperator.Norm(DenseOperator.Of(stem.Weight!.detach().to(ScalarType.Float64), 1, 8, 8)) > 0.6);
        using var constraint = LipschitzConstraint.Of(network, new LipschitzDeclaration { Of = "folded", Constraint = "spectral", Limit = 0.5 }, 1)!;
        for (var step = 0; step < 200; step++)
            constraint.Apply();
        var operators = ConstrainedOperator.Of(network);
        Assert.Null(operators[0].Norm);
        Assert.Null(operators[1].Weight);
        Assert.InRange(DenseOperator.Norm(DenseOperator.Of(operators[0].Weight!.detach().to(ScalarType.Float64), 1, 8, 8)), 0.49, 0.505);
        var norm = operators[1];
        Assert.InRange((norm.Norm!.Weight.detach().abs() / norm.Deviation()).max().item<float>(), 0, 0.5001);
        // Names and weights are those of before, once each.
        Assert.Equal(operators.Count, operators.Select(one => one.Name).Distinct().Count());
        Assert.All(operators.Skip(2).Where(one => one.Norm is not null && one.Weight is not null), one => Assert.NotSame(norm.Norm, one.Norm));
    }

    [Fact]
    public void Batch_norms_that_stand_alone_and_a_free_linear_layer()
    {
        using var scope = NewDisposeScope();
        using var network = LipschitzAccountTests.Drawn("wrn-10-2", "relu6", "convex");
        var linear = network.WeightLayers[^1].Weight.detach().clone();
        using (no_grad())
            linear.copy_(network.WeightLayers[^1].Weight);
        using var constraint = LipschitzConstraint.Of(network, new LipschitzDeclaration { Of = "folded", Constraint = "spectral", Limit = 0.5, Linear = false }, 1)!;
        constraint.Apply();
        Assert.True(network.WeightLayers[^1].Weight.allclose(linear, rtol: 0, atol: 0));
        var alone = ConstrainedOperator.Of(network).Where(item => item.Weight is null).ToList();
        Assert.Equal(["group2_block1.norm1.batchnorm", "group3_block1.norm1.batchnorm", "norm.batchnorm"], alone.Select(item => item.Name));
        foreach (var item in alone)
            Assert.Equal(0.5, (item.Norm!.Weight.detach().abs() / (item.Norm.RunningVariance + 1e-5).sqrt()).max().item<float>(), 1e-5);
        Assert.DoesNotContain("linear", constraint.Vectors.Select(vector => vector.Name));
    }

    [Theory]
    [InlineData("weights", 2.0)]
    [InlineData("folded", 0.7)]
    public void The_orthogonal_constraint_puts_the_nearest_orthonormal_matrix_in_place(string of, double limit)
    {
        using var scope = NewDisposeScope();
        using var network = LipschitzAccountTests.Drawn("vgg-s", "relu6", "sum");
        var before = network.WeightLayers.Select(layer => layer.Weight.detach().clone().to(ScalarType.Float64).reshape(layer.Weight.shape[0], -1)).ToList();
        using var constraint = LipschitzConstraint.Of(network, new LipschitzDeclaration { Of = of, Constraint = "orthogonal", Limit = limit }, 1)!;
        Assert.Empty(constraint.Vectors);
        constraint.Apply();
        foreach (var (old, layer) in before.Zip(network.WeightLayers))
        {
            var (u, _, vt) = linalg.svd(old, fullMatrices: false);
            var scale = of == "folded" && layer.Norm is not null ? 1 : limit;
            Assert.True(layer.Weight.detach().to(ScalarType.Float64).reshape(old.shape).allclose(u.mm(vt) * scale, rtol: 0, atol: 1e-5), layer.Name);
            if (of == "folded" && layer.Norm is { } norm)
                Assert.True((norm.Weight.detach().abs() / (norm.RunningVariance + 1e-5).sqrt()).max().item<float>() <= limit * (1 + 1e-6));
        }

        // A second time there is nothing left to do but rounding.
        var once = Numbers(network);
        constraint.Apply();
        Assert.All(once.Zip(Numbers(network)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Theory]
    [InlineData("weights", 0)]
    [InlineData("folded", 0.9)] // an average of γ times one of W is not within the limit because each γ·W was
    public void A_trained_model_keeps_what_was_asked_of_it(string of, double ema)
    {
        var request = Request(epochs: 2);
        request = request with
        {
            Declaration = request.Declaration with
            {
                Activation = new ActivationDeclaration(),
                Lipschitz = new LipschitzDeclaration { Constraint = "spectral", Of = of, Limit = 0.8 },
                Optimizer = request.Declaration.Optimizer with { Ema = ema },
            },
        };
        using var result = Trainer.Train(request);
        using var scope = NewDisposeScope();
        foreach (var item in ConstrainedOperator.Of(result.Network))
        {
            var size = item.Operation(of == "folded" && item.Norm is { } norm ? norm.Weight.div(item.Deviation()) : null) switch
            {
                ConvolutionOperator convolution => PowerIteration.Run(convolution with { Weight = convolution.Weight.to(ScalarType.Float64) }, 1e-3, 2, CancellationToken.None).Estimate,
                var matrix => DenseOperator.Norm(((MatrixOperator)matrix).Matrix.to(ScalarType.Float64)),
            };
            Assert.True(size <= 0.8 * 1.02, $"{item.Name}: {size}");
        }
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var network = LipschitzAccountTests.Drawn("wrn-10-1", "relu6", "sum");
        foreach (var constraint in (string[])["spectral", "orthogonal"])
        {
            using var applied = LipschitzConstraint.Of(network, new LipschitzDeclaration { Of = "folded", Constraint = constraint }, 1)!;
            DisposeScopeManager.Statistics.Reset();
            applied.Apply();
            Assert.Equal(0, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void None_is_none()
    {
        using var network = LipschitzAccountTests.Drawn("vgg-s", "relu6", "sum");
        Assert.Null(LipschitzConstraint.Of(network, new LipschitzDeclaration { Beta = 1 }, 1));
    }
}
