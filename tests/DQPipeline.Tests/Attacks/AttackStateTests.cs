using DQPipeline.Attacks;
using DQPipeline.Declarations;
using TorchSharp;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Attacks;

/// <summary>An attack leaves no trace: not in the network, not in its input, not in native memory; and refuses what it cannot attack.</summary>
public sealed class AttackStateTests
{
    /// <summary>All that is no composition of others.</summary>
    public static TheoryData<string> Kinds => [.. AttackFactory.Kinds.Where(kind => kind != "autoattack")];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_network_is_left_as_it_was_after_success_failure_and_cancellation(string kind)
    {
        using var network = new ConvNetwork(3, 8, 8, 4);
        using var scope = NewDisposeScope();
        // Right about each image, and attacked with next to nothing: no attack is done with them before its time.
        const double epsilon = 0.01;
        network.eval();
        var pixels = Toys.Pixels(1, 4 * 192);
        var classes = network.forward(Harness.Batch(network, pixels, [0, 0, 0, 0]).Images).argmax(1).data<long>().ToArray();
        var batch = Harness.Batch(network, pixels, Array.ConvertAll(classes, k => (int)k));
        // A mixture that no single switch could restore.
        network.train();
        ((nn.Module)network.Body[1]).eval();
        ((nn.Module)network.Body[0]).parameters().First().requires_grad = false;
        var before = State(network);
        var attack = Harness.Attack(kind, steps: kind is "random" or "fgsm" or "r+fgsm" ? 0 : 5);

        network.OnForward = () =>
        {
            Assert.All(network.modules(), module => Assert.False(module.training));
            Assert.All(network.parameters(), parameter => Assert.False(parameter.requires_grad));
        };
        attack.Run(network, batch, epsilon, 0).Dispose();
        Assert.Equal(before, State(network));
        // Noise asks the network nothing.
        if (kind == "random")
            return;

        var (passes, last) = (0, kind.EndsWith("fgsm", StringComparison.Ordinal) ? 1 : 3);
        network.OnForward = () => _ = ++passes == last ? throw new InvalidOperationException("no further") : 0;
        Assert.Throws<InvalidOperationException>(() => attack.Run(network, batch, epsilon, 0));
        Assert.Equal(before, State(network));
        // What is cancelled during its last pass has its answer.
        if (last == 1)
            return;

        using var source = new CancellationTokenSource();
        network.OnForward = null;
        Assert.Throws<OperationCanceledException>(() => attack.Run(network, batch, epsilon, 0, onPass: _ => source.Cancel(), cancellation: source.Token));
        Assert.Equal(before, State(network));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_tensor_is_left_behind_and_the_clean_images_are_not_touched(string kind)
    {
        using var network = new ConvNetwork(3, 8, 8, 4);
        var pixels = Toys.Pixels(1, 4 * 192);
        using var scope = NewDisposeScope();
        var batch = Harness.Batch(network, pixels, [0, 1, 2, 3]);
        var attack = Harness.Attack(kind);
        attack.Run(network, batch, 8, 0).Dispose();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        attack.Run(network, batch, 8, 0).Dispose();
        using (var cancelled = new CancellationTokenSource())
        {
            try
            {
                attack.Run(network, batch, 8, 0, onPass: _ => cancelled.Cancel(), cancellation: cancelled.Token).Dispose();
            }
            catch (OperationCanceledException)
            {
            }
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal(pixels.Select(b => b / 255f), batch.Images.data<float>().ToArray());
        Assert.All(network.parameters(), parameter => Assert.True(parameter.grad is null));
    }

    [Fact]
    public void Memory_does_not_grow_with_the_steps()
    {
        using var network = new ConvNetwork(3, 8, 8, 4);
        using var scope = NewDisposeScope();
        var alive = new List<long>();
        network.OnForward = () => alive.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Harness.Attack("pgd", steps: 12).Run(network, Harness.Batch(network, Toys.Pixels(1, 192), [0]), 8, 0).Dispose();
        Assert.Equal(12, alive.Count);
        Assert.All(alive, count => Assert.Equal(alive[0], count));
    }

    [Fact]
    public void An_attack_works_within_no_grad_and_leaves_it_on()
    {
        using var network = Toys.Linear(1);
        var pixels = Toys.Pixels(1, 18);
        var expected = Harness.Run(Harness.Attack("fgsm"), network, pixels, [0], 8).Images;
        using var noGrad = no_grad();
        Assert.Equal(expected, Harness.Run(Harness.Attack("fgsm"), network, pixels, [0], 8).Images);
        Assert.False(is_grad_enabled());
    }

    [Theory]
    [InlineData(-0.001)]
    [InlineData(255.001)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_strength_beyond_the_pixel_range_is_refused(double epsilon)
    {
        using var network = Toys.Linear(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => Harness.Run(Harness.Attack("fgsm"), network, Toys.Pixels(1, 18), [0], epsilon));
    }

    [Fact]
    public void Batches_that_would_make_the_result_meaningless_are_refused()
    {
        using var network = Toys.Linear(1);
        using var scope = NewDisposeScope();
        var good = Harness.Batch(network, Toys.Pixels(1, 36), [0, 1]);
        var attack = Harness.Attack("fgsm");
        AttackBatch[] bad =
        [
            good with { Images = good.Images * 2 - 1 }, good with { Images = good.Images * 255 }, good with { Images = good.Images * float.NaN },
            good with { Images = good.Images.to(ScalarType.Float64) }, good with { Images = good.Images[0] }, good with { Classes = good.Classes + 3 },
            good with { Classes = good.Classes - 1 }, good with { Classes = good.Classes.to(ScalarType.Int32) }, good with { Samples = [0] },
            good with { Samples = [0, -1] },
        ];
        Assert.All(bad, batch => Assert.Throws<ArgumentException>(() => attack.Run(network, batch, 8, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => attack.Run(network, good, 8, seed: 0, restart: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => attack.Run(network, good, 8, seed: -1));
    }

    [Fact]
    public void Options_out_of_range_are_DQ1004_and_name_what_is_allowed()
    {
        (AttackDeclaration Declaration, string Says)[] bad =
        [
            (new() { Kind = "fgms" }, "random, fgsm, r+fgsm, bim, pgd"), (new() { Kind = "pgd", Steps = -1 }, "steps"), (new() { Kind = "pgd", Steps = 100_001 }, "steps"),
            (new() { Kind = "pgd", Alpha = 0 }, "alpha"), (new() { Kind = "pgd", Alpha = double.NaN }, "alpha"), (new() { Kind = "pgd", Restarts = 0 }, "restarts"),
            (new() { Kind = "pgd", Start = "gauss" }, "start"), (new() { Kind = "pgd", Loss = "hinge" }, "cross-entropy"), (new() { Kind = "pgd", Norm = "l1" }, "l2"), (new() { Kind = "pgd", Backward = "none" }, "straight"),
            (new() { Kind = "square", Queries = 0 }, "queries"), (new() { Kind = "apgd-t", Targets = 0 }, "targets"), (new() { Kind = "pgd", Average = 0 }, "average"),
            (new() { Kind = "r+fgsm", Norm = "l2" }, "linf"), (new() { Kind = "pgd", Norm = "l2", Start = "r+fgsm" }, "linf"),
        ];
        foreach (var (declaration, says) in bad)
        {
            var error = Assert.Single(Assert.Throws<DqException>(() => AttackFactory.Create(declaration)).Diagnostics);
            Assert.Equal("DQ1004", error.Code);
            Assert.Contains(says, error.Message, StringComparison.Ordinal);
        }

        Assert.All(AttackFactory.Kinds, kind => Assert.Equal(kind, AttackFactory.Create(new AttackDeclaration { Kind = kind }).Kind));
    }

    /// <summary>All switches, and the bits of all weights and running statistics.</summary>
    private static string State(nn.Module network)
    {
        var switches = network.modules().Select(module => module.training).Append(network.training).Concat(network.parameters().Select(p => p.requires_grad));
        using var scope = NewDisposeScope();
        var numbers = network.parameters().Concat(network.buffers()).Select(one => Convert.ToHexString(one.detach().contiguous().bytes));
        return string.Join(' ', switches.Select(one => one.ToString()).Concat(numbers));
    }
}
