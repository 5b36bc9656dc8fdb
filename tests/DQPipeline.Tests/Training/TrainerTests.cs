using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Training;
using TorchSharp;
using static DQPipeline.Tests.Training.TrainingFixture;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Training;

public class TrainerTests
{
    [Fact]
    public void Two_runs_give_the_same_weights_bit_for_bit_and_another_seed_others()
    {
        var first = Run(Request());
        var second = Run(Request());
        var request = Request();
        var other = Run(request with { Declaration = request.Declaration with { Seed = 12 } });
        Assert.Equal(first.Numbers, second.Numbers);
        Assert.Equal((first.Loss, first.Accuracy, first.Penalty), (second.Loss, second.Accuracy, second.Penalty));
        Assert.NotEqual(first.Numbers, other.Numbers);
    }

    [Fact]
    public void What_can_be_learnt_is_learnt()
    {
        var request = Request(epochs: 12);
        using var result = Trainer.Train(request with { Declaration = request.Declaration with { Augment = new AugmentDeclaration { Crop = 0, Flip = false } } });
        using var scope = NewDisposeScope();
        var images = tensor(request.Data.Train.Pixels.Select(p => p / 255f).ToArray()).view(Images, 3, 8, 8);
        var right = result.Network.forward(images).argmax(1).eq(tensor(request.Data.Train.Classes)).sum().item<long>();
        Assert.True(right >= 0.95 * Images, $"{right} of {Images}");
        Assert.False(result.Network.training);
        Assert.Equal(12 * StepsPerEpoch, result.Steps);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_step_moves_the_weights_as_autograd_and_torchs_own_optimizer_do(bool nesterov) =>
        MovesAsTorchDoes(new LipschitzDeclaration { Beta = 1e-2 }, nesterov, shares: [1, 1, 1]);

    [Fact]
    public void The_penalty_begins_late_rises_and_may_leave_the_linear_layer_alone() =>
        // A delay of a third of three steps, then a rise over the other two: the middles of the steps lie at none, a quarter and three quarters of β.
        MovesAsTorchDoes(new LipschitzDeclaration { Beta = 0.05, Delay = 1 / 3.0, Warmup = 2 / 3.0, Linear = false }, nesterov: true, shares: [0, 0.25, 0.75]);

    /// <summary>The gradients' norms lie between the two: those of the first case are all shortened, those of the second are left as they are.</summary>
    [Theory]
    [InlineData(0.01)]
    [InlineData(1000)]
    public void A_gradient_is_shortened_to_its_limit_as_one_vector_and_the_penaltys_is_not(double clip) =>
        MovesAsTorchDoes(new LipschitzDeclaration { Beta = 1e-2 }, nesterov: true, shares: [1, 1, 1], clip);

    /// <summary>Steps against torch's SGD on the paper's formula, of whose β each step takes its share, with the loss's gradient no longer than <paramref name="clip"/>.</summary>
    private static void MovesAsTorchDoes(LipschitzDeclaration lipschitz, bool nesterov, double[] shares, double clip = 0)
    {
        var declaration = Request().Declaration with { Optimizer = new OptimizerDeclaration { LearningRate = 0.1, Nesterov = nesterov, WeightDecay = 0, Clip = clip } };
        var description = NetworkTestsDescription();
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var images = rand([6, 3, 8, 8], generator: generator);
        var labels = tensor(new long[] { 0, 1, 2, 0, 1, 2 });
        using var state = new TrainingState(description, declaration, CPU);
        using var theirs = NetworkFactory.Create(description, declaration.Seed);
        var step = new TrainingStep(state, lipschitz, new LearningRate(new ScheduleDeclaration { Kind = "step", Milestones = [] }, 0.1, shares.Length));
        using var optimizer = optim.SGD(theirs.parameters(), 0.1, momentum: 0.9, nesterov: nesterov);
        foreach (var share in shares)
        {
            step.Run(images, labels);

            optimizer.zero_grad();
            nn.functional.cross_entropy(theirs.forward(images), labels).backward();
            var length = Math.Sqrt(theirs.parameters().Sum(p => p.grad!.to(ScalarType.Float64).square().sum().item<double>()));
            if (clip > 0)
                Assert.Equal(clip < 1, length > clip);
            foreach (var parameter in theirs.parameters().Where(_ => clip > 0 && length > clip))
                parameter.grad!.mul_(clip / length);
            var penalty = zeros([]);
            foreach (var weight in theirs.WeightLayers.Where(layer => lipschitz.Linear || layer.Name != "linear").Select(layer => layer.Weight))
            {
                var w = weight.reshape(weight.shape[0], -1);
                penalty = penalty + share * lipschitz.Beta / 2 * (w.t().mm(w) - eye(w.shape[1])).square().sum();
            }

            penalty.backward();
            optimizer.step();
        }

        foreach (var (ours, other) in state.Network.parameters().Zip(theirs.parameters()))
            Assert.True(ours.allclose(other, rtol: 1e-3, atol: 1e-4), "a weight went elsewhere");
    }

    /// <summary>Over four steps 0.29 is reached at the third: before it the decays are 2/11 and 3/12.</summary>
    [Fact]
    public void The_moving_average_is_of_the_weights_and_statistics_after_each_step_and_moves_neither()
    {
        double[] decays = [2.0 / 11, 3.0 / 12, 0.29, 0.29];
        var plain = Request().Declaration;
        using var scope = NewDisposeScope();
        using var images = rand(6, 3, 8, 8);
        using var labels = tensor(new long[] { 0, 1, 2, 0, 1, 2 });
        using var state = new TrainingState(NetworkTestsDescription(), plain with { Optimizer = plain.Optimizer with { Ema = 0.29 } }, CPU);
        using var theirs = new TrainingState(NetworkTestsDescription(), plain, CPU);
        var rate = new LearningRate(new ScheduleDeclaration { Kind = "step", Milestones = [] }, 0.1, decays.Length);
        var (step, their) = (new TrainingStep(state, plain.Lipschitz, rate), new TrainingStep(theirs, plain.Lipschitz, rate));
        var means = Doubles(theirs);
        foreach (var decay in decays)
        {
            step.Run(images, labels);
            their.Run(images, labels);
            means = [.. means.Zip(Doubles(theirs), (mean, now) => decay * mean + (1 - decay) * now)];
        }

        Assert.Equal(Numbers(theirs.Network), Numbers(state.Network));
        state.Average!.Take();
        Assert.All(means.Zip(Doubles(state)), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * Math.Max(1, Math.Abs(pair.First))));
        Assert.Contains(means.Zip(Doubles(theirs)), pair => Math.Abs(pair.First - pair.Second) > 1e-3);

        static double[] Doubles(TrainingState state) => [.. Numbers(state.Network).Select(number => (double)number)];
    }

    [Fact]
    public void Weight_decay_shrinks_weight_matrices_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        using var network = NetworkFactory.Create(NetworkTestsDescription(), seed: 1);
        using var descent = new MomentumDescent(network, new OptimizerDeclaration { WeightDecay = 0.5, Momentum = 0, Nesterov = false });
        var before = network.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());
        foreach (var (_, parameter) in network.named_parameters())
            parameter.grad = zeros_like(parameter);
        descent.Step(0.1);
        var matrices = network.WeightLayers.Select(layer => $"{layer.Name}.weight").ToHashSet();
        foreach (var (name, parameter) in network.named_parameters())
            Assert.True(parameter.allclose(before[name] * (matrices.Contains(name) ? 1 - 0.1 * 0.5 : 1), rtol: 1e-6, atol: 0), name);
    }

    /// <summary>Of matrices that are not finite there are no eigenvalues, of which the bound and orthonormal weights are made.</summary>
    [Theory]
    [InlineData(0, "orthogonal", "none")]
    [InlineData(1e-3, "bound", "none")]
    [InlineData(0, "orthogonal", "orthogonal")]
    [InlineData(0, "orthogonal", "spectral")]
    public void A_loss_that_is_no_number_is_a_coded_error_that_names_the_step(double beta, string form, string constraint)
    {
        var request = Request();
        var diverging = request.Declaration with
        {
            Optimizer = new OptimizerDeclaration { LearningRate = constraint == "none" ? 1e30 : float.MaxValue, WeightDecay = constraint == "none" ? 5e-4 : 1e6 },
            Lipschitz = new LipschitzDeclaration { Beta = beta, Form = form, Constraint = constraint },
        };
        var failure = Assert.Throws<DqException>(() => Trainer.Train(request with { Declaration = diverging }));
        Assert.Equal(DiagnosticCodes.Diverged, failure.Diagnostics[0].Code);
        Assert.Matches("at step [1-9][0-9]* of 15", failure.Diagnostics[0].Message);
    }

    [Fact]
    public void A_last_step_that_leaves_weights_that_are_no_numbers_is_found_though_its_loss_was_one()
    {
        var request = Request();
        var one = request.Declaration with { Epochs = 1, Batch = request.Data.Train.Count, Optimizer = new OptimizerDeclaration { LearningRate = float.MaxValue, WeightDecay = 1e6 }, Schedule = new ScheduleDeclaration { Kind = "step" } };
        var failure = Assert.Throws<DqException>(() => Trainer.Train(request with { Declaration = one }));
        Assert.Equal(DiagnosticCodes.Diverged, failure.Diagnostics[0].Code);
        Assert.Contains("at step 1 of 1", failure.Diagnostics[0].Message);
    }

    [Fact]
    public void Feature_maps_of_a_terabyte_are_a_coded_error_that_names_the_batch()
    {
        const int images = 60_000;
        var split = new ImageSplit(new byte[images * 32 * 32], [.. Enumerable.Range(0, images).Select(i => i % 2)]);
        var request = Request();
        var wide = request with
        {
            Declaration = request.Declaration with { Network = "conv 4096 3x3, linear", Batch = images },
            Data = new ImageDataset(["a", "b"], 1, 32, 32, MayFlip: true, split, split),
        };
        var failure = Assert.Throws<DqException>(() => Trainer.Train(wide));
        Assert.Equal(DiagnosticCodes.OutOfMemory, failure.Diagnostics[0].Code);
        Assert.Contains("\"batch\" smaller than 60000", failure.Diagnostics[0].Message);
    }

    [Fact]
    public void Progress_comes_at_the_start_at_the_end_and_at_most_four_times_a_second()
    {
        // Two looks at the clock a step, a twentieth of a second each: a quarter of a second is five looks.
        var heard = new List<TrainingProgress>();
        using var result = Trainer.Train(Request(epochs: 6) with { Clock = new SteadyClock(TimeSpan.FromSeconds(0.05)) }, new Listener(heard.Add));
        Assert.Equal(0, heard[0].Step);
        Assert.True(double.IsNaN(heard[0].Loss) && heard[0].TimeLeft is null);
        Assert.Equal((30, 30, 6, 6), (heard[^1].Step, heard[^1].Steps, heard[^1].Epoch, heard[^1].Epochs));
        Assert.Equal((result.Loss, result.Accuracy, result.Penalty), (heard[^1].Loss, heard[^1].Accuracy, heard[^1].Penalty));
        Assert.Equal(TimeSpan.Zero, heard[^1].TimeLeft);
        Assert.InRange(heard.Count, 4, 2 + 30 / 2);
        Assert.All(heard.Skip(1), report => Assert.True(report.ImagesPerSecond > 0 && report.Loss > 0 && report.Penalty > 0 && report.Accuracy is >= 0 and <= 1));
    }

    [Fact]
    public void Steps_leave_no_tensor_behind()
    {
        var declaration = Request().Declaration;
        using var state = new TrainingState(NetworkTestsDescription(), declaration with { Optimizer = declaration.Optimizer with { Clip = 1, Ema = 0.9 } }, CPU);
        var step = new TrainingStep(state, new LipschitzDeclaration { Beta = 1e-3 }, new LearningRate(new ScheduleDeclaration(), 0.1, 10));
        using var images = rand(6, 3, 8, 8);
        using var labels = tensor(new long[] { 0, 1, 2, 0, 1, 2 });
        step.Run(images, labels);
        DisposeScopeManager.Statistics.Reset();
        for (var i = 0; i < 3; i++)
            step.Run(images, labels);
        Assert.Equal(0, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static NetworkDescription NetworkTestsDescription() => new("vgg-s", new ActivationDeclaration { Bits = 4 }, 3, 8, 8, ["a", "b", "c"]);
}
