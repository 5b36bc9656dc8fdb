using DQPipeline.Networks;
using TorchSharp;
using static TorchSharp.torch;
using Convolution = DQPipeline.Networks.Convolution;

namespace DQPipeline.Tests.Networks;

public class ResidualSumTests
{
    private const double Step = 1e-6;

    [Fact]
    public void Branches_are_added_or_weighed_with_a_half_each()
    {
        using var scope = NewDisposeScope();
        using var plain = new ResidualSum(convex: false, CPU);
        using var convex = new ResidualSum(convex: true, CPU);
        // The residual branch ends in a convolution that multiplies by 10.
        Assert.Equal([11f, 22, 44], Joined(plain, 10));
        Assert.Equal([5.5f, 11, 22], Joined(convex, 10));
        Set(convex.Coefficients!, 0.25, 0.75);
        Assert.Equal([7.75f, 15.5f, 31], Joined(convex, 10));
        Assert.Empty(plain.state_dict());
        Assert.Equal([0.25f, 0.75f], Assert.Single(convex.state_dict()).Value.data<float>().ToArray());
    }

    [Fact]
    public void Both_branches_may_end_in_layers()
    {
        using var scope = NewDisposeScope();
        using var convex = new ResidualSum(convex: true, CPU);
        Set(convex.Coefficients!, 0.25, 0.75);
        var input = tensor(new[] { 8f }).view(1, 1, 1, 1);
        var norm = new BatchNormalization(1, CPU);
        norm.eval();
        using (no_grad())
        {
            // 2·(8 − 6)/2 + 3 = 5.
            norm.Weight.fill_(2);
            norm.Bias.fill_(3);
            norm.RunningMean.fill_(6);
            norm.RunningVariance.fill_(4 - BatchNormalization.Epsilon);
        }

        var joined = ResidualSum.Join(
            convex.Weighed(norm, input, ResidualSum.Shortcut), Weighed(convex, Times(10), input));
        Assert.Equal(0.25f * 5 + 0.75f * 80, joined.item<float>(), 1e-5f);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gradients_of_coefficients_and_branches_are_those_of_finite_differences(bool projected)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var sum = new ResidualSum(convex: true, CPU);
        using var convolution = new Convolution(rand(3, 3, 3, 3, generator: generator).sub_(0.5), stride: 1);
        using var norm = new BatchNormalization(3, CPU);
        sum.to(ScalarType.Float64);
        convolution.to(ScalarType.Float64);
        norm.to(ScalarType.Float64);
        Set(sum.Coefficients!, 0.3, 0.7);
        var input = randn([2, 3, 2, 2], dtype: ScalarType.Float64, generator: generator).requires_grad_();
        Loss().backward();
        foreach (var variable in new[] { sum.Coefficients!, input, convolution.Weight })
            AssertGradient(variable, () => Loss().item<double>());

        Tensor Loss()
        {
            // A cube, since batch norm makes sums of squares constant.
            var residual = Weighed(sum, convolution, input);
            return (projected ? ResidualSum.Join(sum.Weighed(norm, input, ResidualSum.Shortcut), residual) : sum.JoinInput(input, residual)).pow(3).sum();
        }
    }

    [Theory]
    [InlineData("wrn-10-1", 3)]
    [InlineData("resnet-18", 8)]
    public void Within_a_network_the_coefficients_of_the_first_and_the_last_block_have_the_gradient_of_finite_differences(string name, int blocks)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        // Tanh, so that no value comes over an edge within a difference; in training mode, where batch norm depends on the coefficients before it as well.
        using var network = NetworkFactory.Create(NetworkTests.Description(name, side: 4, kind: "tanh", residual: "convex"), seed: 2);
        network.to(ScalarType.Float64);
        var images = rand([4, 3, 4, 4], dtype: ScalarType.Float64, generator: generator);
        var labels = tensor(new long[] { 1, 5, 2, 9 });
        Assert.Equal(blocks, network.ConvexCoefficients.Count);
        for (var block = 0; block < blocks; block++)
            Set(network.ConvexCoefficients[block], 0.2 + 0.05 * block, 0.8 - 0.05 * block);
        Loss().backward();
        foreach (var coefficients in new[] { network.ConvexCoefficients[0], network.ConvexCoefficients[^1] })
            AssertGradient(coefficients, () => Loss().item<double>());

        Tensor Loss() => nn.functional.cross_entropy(network.forward(images), labels);
    }

    [Theory]
    [InlineData("sum")]
    [InlineData("convex")]
    public void A_choice_of_the_sum_changes_no_other_weight(string residual)
    {
        using var network = NetworkFactory.Create(NetworkTests.Description("wrn-16-1", residual: residual), seed: 7);
        using var plain = NetworkFactory.Create(NetworkTests.Description("wrn-16-1"), seed: 7);
        var state = network.state_dict();
        Assert.All(plain.state_dict(), pair => Assert.Equal(pair.Value.data<float>().ToArray(), state[pair.Key].data<float>().ToArray()));
        string[] blocks = residual == "sum" ? [] : ["group1_block1", "group1_block2", "group2_block1", "group2_block2", "group3_block1", "group3_block2"];
        Assert.Equal(blocks.Select(block => $"{block}.sum.coefficients"), state.Keys.Except(plain.state_dict().Keys));
    }

    private static float[] Joined(ResidualSum sum, float factor)
    {
        var input = tensor(new[] { 1f, 2, 4 }).view(3, 1, 1, 1);
        var joined = sum.JoinInput(input, Weighed(sum, Times(factor), input)).data<float>().ToArray();
        Assert.Equal([1f, 2, 4], input.data<float>().ToArray());
        return joined;
    }

    /// <summary>The end of a residual branch.</summary>
    private static Tensor Weighed(ResidualSum sum, Convolution last, Tensor input)
    {
        sum.Weigh(last, ResidualSum.Residual);
        return last.forward(input);
    }

    private static Convolution Times(float factor) => new(full([1, 1, 1, 1], factor), stride: 1);

    /// <summary>Compares the gradient of each element with the central difference of the loss.</summary>
    private static void AssertGradient(Tensor variable, Func<double> loss)
    {
        using var guard = no_grad();
        var flat = variable.view(-1);
        var gradient = variable.grad!.reshape(-1).data<double>().ToArray();
        Assert.Contains(gradient, value => Math.Abs(value) > 1e-4);
        for (var i = 0; i < gradient.Length; i++)
        {
            var value = flat[i].item<double>();
            flat[i].fill_(value + Step);
            var above = loss();
            flat[i].fill_(value - Step);
            var below = loss();
            flat[i].fill_(value);
            Assert.Equal((above - below) / (2 * Step), gradient[i], 1e-6 * Math.Max(1, Math.Abs(gradient[i])));
        }
    }

    private static void Set(Tensor coefficients, double first, double second)
    {
        using var guard = no_grad();
        using var values = tensor(new[] { first, second });
        coefficients.copy_(values);
    }
}
