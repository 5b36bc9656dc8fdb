using CsCheck;
using DQPipeline.Lipschitz;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Lipschitz;

/// <summary>Norms of operators against the singular values of their matrices.</summary>
public class OperatorNormTests
{
    [Theory]
    [InlineData(3, 2, 3, 1, 5, 5)]
    [InlineData(3, 2, 3, 2, 5, 5)]
    [InlineData(2, 3, 3, 2, 6, 7)]
    [InlineData(4, 3, 1, 1, 4, 3)]
    [InlineData(4, 3, 1, 2, 7, 4)]
    [InlineData(2, 2, 5, 1, 4, 6)]
    [InlineData(2, 2, 3, 1, 1, 1)]
    [InlineData(2, 2, 3, 2, 1, 2)]
    [InlineData(2, 1, 3, 3, 8, 7)]
    public void Power_iteration_finds_the_largest_singular_value_of_the_real_convolution(int outputs, int inputs, int kernel, int stride, int height, int width)
    {
        using var scope = NewDisposeScope();
        for (var seed = 0; seed < 3; seed++)
        {
            var operation = DenseOperator.Draw(outputs, inputs, kernel, stride, height, width, seed);
            var truth = DenseOperator.Norm(DenseOperator.Of(operation));
            var (estimate, iterations, residual) = PowerIteration.Run(operation, 1e-6, seed, CancellationToken.None);
            Assert.InRange(estimate, truth * (1 - 1e-4), truth * (1 + 1e-12));
            Assert.True(residual <= 1e-6 || iterations == PowerIteration.MaxIterations);
        }
    }

    [Fact]
    public void The_transpose_is_the_transpose()
    {
        (from outputs in Gen.Int[1, 3] from inputs in Gen.Int[1, 3] from kernel in Gen.Int[1, 5] from stride in Gen.Int[1, 3] from height in Gen.Int[1, 7] from width in Gen.Int[1, 7] from seed in Gen.Int[0, 999] select (outputs, inputs, kernel, stride, height, width, seed)).Sample(s =>
        {
            using var scope = NewDisposeScope();
            var operation = DenseOperator.Draw(s.outputs, s.inputs, s.kernel, s.stride, s.height, s.width, s.seed);
            var matrix = DenseOperator.Of(operation);
            var (v, u) = (randn(operation.InputShape, dtype: ScalarType.Float64), randn([1, s.outputs, operation.OutputHeight, operation.OutputWidth], dtype: ScalarType.Float64));
            Assert.True(operation.Apply(v).flatten().allclose(matrix.mv(v.flatten()), rtol: 1e-9, atol: 1e-9));
            Assert.True(operation.ApplyTranspose(u).flatten().allclose(matrix.t().mv(u.flatten()), rtol: 1e-9, atol: 1e-9));
            Assert.Equal(operation.InputShape, operation.ApplyTranspose(u).shape);
        }, iter: 150, threads: 1);
    }

    /// <summary>The certificate stands on this: whatever the kernel, its size, the step and the map, the bound is not below the norm.</summary>
    [Fact]
    public void The_bound_is_never_below_the_largest_singular_value()
    {
        (from outputs in Gen.Int[1, 4] from inputs in Gen.Int[1, 4] from kernel in Gen.Int[1, 5] from stride in Gen.Int[1, 3] from height in Gen.Int[1, 8] from width in Gen.Int[1, 8] from seed in Gen.Int[0, 99_999] select (outputs, inputs, kernel, stride, height, width, seed)).Sample(s =>
        {
            using var scope = NewDisposeScope();
            var operation = DenseOperator.Draw(s.outputs, s.inputs, s.kernel, s.stride, s.height, s.width, s.seed);
            var truth = DenseOperator.Norm(DenseOperator.Of(operation));
            var bound = operation.Bound();
            Assert.True(bound >= truth, $"{s}: {bound} < {truth}");
            // And it is worth something: never above what the reshaped weight's norm, times the taps that one pixel meets, would say.
            Assert.True(bound <= 1.001 * s.kernel * DenseOperator.Norm(operation.Weight.reshape(s.outputs, -1)), $"{s}: {bound}");
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void On_large_maps_the_bound_is_close()
    {
        using var scope = NewDisposeScope();
        for (var seed = 0; seed < 4; seed++)
        {
            var operation = DenseOperator.Draw(3, 2, 3, 1 + (seed % 2), 18, 16, seed);
            Assert.InRange(operation.Bound() / DenseOperator.Norm(DenseOperator.Of(operation)), 1, 1.05);
        }
    }

    /// <summary>√(h·w) times the least norm of the four reshaped kernels (Singla and Feizi 2021) bounds the blocks of the torus too, so that ours is never above it.</summary>
    [Fact]
    public void It_is_never_above_the_bound_by_four_reshaped_kernels()
    {
        (from outputs in Gen.Int[1, 4] from inputs in Gen.Int[1, 4] from kernel in Gen.Int[0, 2].Select(i => 1 + (2 * i)) from size in Gen.Int[1, 9] from seed in Gen.Int[0, 9999] select (outputs, inputs, kernel, size, seed)).Sample(s =>
        {
            using var scope = NewDisposeScope();
            var operation = DenseOperator.Draw(s.outputs, s.inputs, s.kernel, 1, s.size, s.size, s.seed);
            var weight = operation.Weight;
            Tensor[] four =
            [
                weight.permute(2, 0, 3, 1).reshape(s.kernel * s.outputs, -1), weight.permute(3, 0, 2, 1).reshape(s.kernel * s.outputs, -1),
                weight.reshape(s.outputs, -1), weight.permute(0, 2, 3, 1).reshape(-1, s.inputs),
            ];
            Assert.True(operation.Bound() <= 1.0005 * s.kernel * four.Min(DenseOperator.Norm), $"{s}");
        }, iter: 100, threads: 1);
    }

    [Fact]
    public void The_bound_by_sums_of_rows_and_columns_is_several_times_as_large()
    {
        using var scope = NewDisposeScope();
        var operation = DenseOperator.Draw(16, 16, 3, 1, 10, 10, 1);
        var sizes = DenseOperator.Of(operation).abs();
        Assert.InRange(Math.Sqrt(sizes.sum([0]).max().item<double>() * sizes.sum([1]).max().item<double>()) / operation.Bound(), 2, 10);
    }

    [Fact]
    public void Gram_iteration_bounds_matrices_from_just_above()
    {
        (from rows in Gen.Int[1, 12] from columns in Gen.Int[1, 12] from seed in Gen.Int[0, 9999] from scale in Gen.Int[-12, 12] select (rows, columns, seed, scale)).Sample(s =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)s.seed);
            var matrix = randn([s.rows, s.columns], dtype: ScalarType.Float64, generator: generator) * Math.Pow(10, s.scale);
            Assert.InRange(GramIteration.Bound(matrix) / DenseOperator.Norm(matrix), 1, 1.0005);
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void Known_norms_come_out()
    {
        using var scope = NewDisposeScope();
        // Orthonormal rows times 3, the identity convolution times 2 at step 1, and zeros.
        Assert.InRange(new MatrixOperator(eye(4, dtype: ScalarType.Float64) * 3).Bound(), 3, 3.002);
        var centre = zeros(1, 1, 3, 3, dtype: ScalarType.Float64);
        centre[0, 0, 1, 1] = 2;
        Assert.InRange(new ConvolutionOperator(centre, 1, 6, 5).Bound(), 2, 2.002);
        var none = new ConvolutionOperator(zeros(2, 2, 3, 3, dtype: ScalarType.Float64), 1, 4, 4);
        Assert.InRange(none.Bound(), 0, 1e-30);
        Assert.Equal((0, 1, 0), PowerIteration.Run(none, 1e-3, 0, CancellationToken.None));
        // Nine equal taps: the mean of a constant map is expanded by 9 far from the edges, and the map's edge takes a little away.
        var box = new ConvolutionOperator(ones(1, 1, 3, 3, dtype: ScalarType.Float64), 1, 20, 20);
        Assert.InRange(box.Bound(), DenseOperator.Norm(DenseOperator.Of(box)), 9.001);
    }

    [Fact]
    public void The_reshaped_weight_is_not_the_operator()
    {
        // What a penalty on the reshaped matrix takes for 1 expands some image by nearly 3.
        using var scope = NewDisposeScope();
        var box = ones(1, 1, 3, 3, dtype: ScalarType.Float64) / 3;
        Assert.Equal(1, DenseOperator.Norm(box.reshape(1, 9)), 1e-12);
        Assert.InRange(PowerIteration.Run(new ConvolutionOperator(box, 1, 16, 16), 1e-6, 0, CancellationToken.None).Estimate, 2.9, 3);
    }
}
