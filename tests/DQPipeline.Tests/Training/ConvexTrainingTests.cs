using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Training;
using TorchSharp;
using static DQPipeline.Tests.Training.TrainingFixture;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Training;

/// <summary>Training of networks whose residual sums are convex combinations.</summary>
public class ConvexTrainingTests
{
    [Theory]
    [InlineData("wrn-10-1")]
    [InlineData("resnet-18")]
    public void Coefficients_are_learnt_and_stay_on_the_simplex(string network)
    {
        using var scope = NewDisposeScope();
        using var state = State(network);
        // A rate at which some blocks come to an end of their simplex.
        var step = new TrainingStep(state, new LipschitzDeclaration { Beta = 1e-3 }, new LearningRate(new ScheduleDeclaration { Kind = "step", Milestones = [] }, 0.5, 6));
        var images = rand(6, 3, 8, 8);
        var labels = tensor(new long[] { 0, 1, 2, 0, 1, 2 });
        for (var i = 0; i < 6; i++)
        {
            step.Run(images, labels);
            foreach (var coefficients in state.Network.ConvexCoefficients.Select(tensor => tensor.data<float>().ToArray()))
            {
                Assert.Equal(1, coefficients.Sum(), 1e-6);
                Assert.All(coefficients, value => Assert.InRange(value, 0f, 1f));
                Assert.NotEqual([0.5f, 0.5f], coefficients);
            }
        }
    }

    [Fact]
    public void A_step_ends_at_the_nearest_point_of_the_simplex()
    {
        using var scope = NewDisposeScope();
        using var network = NetworkFactory.Create(Description("wrn-10-1"), seed: 1);
        using var descent = new MomentumDescent(network, new OptimizerDeclaration { Momentum = 0, Nesterov = false, WeightDecay = 0.3 });
        foreach (var parameter in network.parameters())
            parameter.grad = zeros_like(parameter);
        network.ConvexCoefficients[1].grad = tensor(new[] { -1f, 2 });
        network.ConvexCoefficients[2].grad = tensor(new[] { 20f, 2 });
        descent.Step(0.1);
        // No gradient, and no decay. (0.6, 0.3) + 0.05. (−1.5, 0.3): below 0, so one end.
        AssertCoefficients([0.5f, 0.5f], 0);
        AssertCoefficients([0.65f, 0.35f], 1);
        AssertCoefficients([0f, 1f], 2);

        void AssertCoefficients(float[] expected, int block) =>
            Assert.Equal(expected, network.ConvexCoefficients[block].data<float>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void Steps_leave_no_tensor_behind()
    {
        using var state = State("wrn-10-1");
        var step = new TrainingStep(state, new LipschitzDeclaration { Beta = 1e-3 }, new LearningRate(new ScheduleDeclaration(), 0.1, 10));
        using var images = rand(6, 3, 8, 8);
        using var labels = tensor(new long[] { 0, 1, 2, 0, 1, 2 });
        step.Run(images, labels);
        DisposeScopeManager.Statistics.Reset();
        for (var i = 0; i < 3; i++)
            step.Run(images, labels);
        Assert.Equal(0, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void A_trainer_builds_what_its_declaration_says()
    {
        var request = Request(epochs: 1);
        foreach (var (residual, blocks) in new[] { ("sum", 0), ("convex", 3) })
        {
            using var result = Trainer.Train(request with { Declaration = request.Declaration with { Network = "wrn-10-1", Residual = residual } });
            Assert.Equal((residual, blocks), (result.Network.Description.Residual, result.Network.ConvexCoefficients.Count));
        }
    }

    private static TrainingState State(string network) => new(Description(network), Request().Declaration, CPU);

    private static NetworkDescription Description(string network) =>
        new(network, new ActivationDeclaration { Bits = 4 }, 3, 8, 8, ["a", "b", "c"]) { Residual = "convex" };
}
