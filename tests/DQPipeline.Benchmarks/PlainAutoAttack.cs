using DQPipeline.Attacks;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Benchmarks;

/// <summary>
/// AutoAttack as a straightforward loop: backward() through the network with the parameters' gradients on, in fixed batches, each attack on those of a batch that still stand, until
/// all of them are broken or the attack is at its end. The attacks are written here once more.
/// </summary>
/// <param name="network">The network, in eval mode.</param>
/// <param name="epsilon">Radius of the ball in the maximum norm, in [0,1].</param>
/// <param name="steps">Steps of Auto-PGD and FAB-T.</param>
/// <param name="targets">Classes that the targeted ones try.</param>
/// <param name="queries">Queries of Square.</param>
internal sealed class PlainAutoAttack(Classifier network, double epsilon, int steps, int targets, int queries)
{
    private const int Batch = 250;

    /// <summary>Which images withstand everything.</summary>
    /// <param name="images">N×C×H×W in [0,1].</param>
    /// <param name="classes">int64 N.</param>
    public bool[] Run(Tensor images, Tensor classes)
    {
        var standing = Wrong(images, classes).logical_not();
        IReadOnlyList<Func<Tensor, Tensor, Tensor>> attacks =
        [
            (x, y) => AutoPgd(x, y, z => nn.functional.cross_entropy(z, y, reduction: nn.Reduction.None)),
            .. Enumerable.Range(0, targets).Select(rank => (Func<Tensor, Tensor, Tensor>)((x, y) => AutoPgd(x, y, TargetedRatio(y, Target(x, y, rank))))),
            .. Enumerable.Range(0, targets).Select(rank => (Func<Tensor, Tensor, Tensor>)((x, y) => Boundary(x, y, Target(x, y, rank)))),
            Square,
        ];
        foreach (var batch in arange(images.shape[0], ScalarType.Int64).split(Batch))
        {
            foreach (var attack in attacks)
            {
                using var scope = NewDisposeScope();
                var rows = batch.masked_select(standing.index_select(0, batch));
                if (rows.shape[0] == 0)
                    break;
                var (x, y) = (images.index_select(0, rows), classes.index_select(0, rows));
                standing.index_copy_(0, rows, Wrong(attack(x, y), y).logical_not());
            }
        }

        return standing.data<bool>().ToArray();
    }

    private Tensor Logits(Tensor x)
    {
        using var noGrad = no_grad();
        return network.forward(x);
    }

    private Tensor Wrong(Tensor x, Tensor y) => Logits(x).argmax(1).ne(y);

    private Tensor Target(Tensor x, Tensor y, int rank) => Logits(x).scatter(1, y.unsqueeze(1), full(1, 1, float.NegativeInfinity).expand(y.shape[0], 1)).argsort(1, true).select(1, rank);

    private (Tensor Slope, Tensor Value, Tensor Logits) Look(Tensor at, Func<Tensor, Tensor> loss)
    {
        using var leaf = at.detach().requires_grad_(true);
        using var z = network.forward(leaf);
        using var value = loss(z);
        value.sum().backward();
        var slope = leaf.grad!.clone();
        network.zero_grad();
        return (slope, value.detach().clone(), z.detach().clone());
    }

    /// <summary>Takes a step's new state out of its scope, and gives up what it replaces.</summary>
    private static void Keep(Tensor[] state, Tensor[] before)
    {
        foreach (var one in state)
            one.MoveToOuterDisposeScope();
        foreach (var one in before.Where(one => !state.Any(kept => ReferenceEquals(kept, one))))
            one.Dispose();
    }

    private Tensor Clip(Tensor at, Tensor x) => at.minimum(x + epsilon).maximum(x - epsilon).clamp(0, 1);

    /// <summary>Croce and Hein 2020, algorithm 1.</summary>
    private Tensor AutoPgd(Tensor x, Tensor y, Func<Tensor, Tensor> loss)
    {
        static Tensor Each(Tensor one) => one.view(-1, 1, 1, 1);
        var noise = (rand_like(x) * 2) - 1;
        var now = (x + (epsilon * noise / Each(noise.abs().flatten(1).amax(1)))).clamp(0, 1);
        var (slope, value, logits) = Look(now, loss);
        var broken = logits.argmax(1).ne(y);
        var (found, best, bestSlope, bestValue, before) = (now, now, slope, value, now);
        var size = full(x.shape[0], 2 * epsilon, dtype: ScalarType.Float32);
        var (distance, shorter, least) = (Math.Max((int)(0.22 * steps), 1), Math.Max((int)(0.03 * steps), 1), Math.Max((int)(0.06 * steps), 1));
        var (rises, since, atCheck, reduced) = (zeros_like(value), 0, value, ones(x.shape[0], ScalarType.Bool));
        Tensor[] State() => [now, slope, value, found, broken, rises, best, bestSlope, bestValue, size, reduced, atCheck, before];
        for (var i = 0; i < steps && !broken.all().item<bool>(); i++)
        {
            using var scope = NewDisposeScope();
            var left = State();
            var share = i > 0 ? 0.75 : 1;
            var (moved, last) = (now - before, value);
            before = now;
            now = Clip(now + ((Clip(now + (Each(size) * slope.sign()), x) - now) * share) + (moved * (1 - share)), x);
            (slope, value, logits) = Look(now, loss);
            var wrong = logits.argmax(1).ne(y);
            found = where(Each(wrong.logical_and(broken.logical_not())), now, found);
            broken = broken.logical_or(wrong);
            rises = rises + value.gt(last).to(ScalarType.Float32);
            var better = value.gt(bestValue);
            (best, bestSlope, bestValue) = (where(Each(better), now, best), where(Each(better), slope, bestSlope), where(better, value, bestValue));
            if (++since == distance)
            {
                var halve = rises.le(0.75 * distance).logical_or(reduced.logical_not().logical_and(atCheck.ge(bestValue)));
                (size, now, slope) = (where(halve, size / 2, size), where(Each(halve), best, now), where(Each(halve), bestSlope, slope));
                (reduced, atCheck, rises, since, distance) = (halve, bestValue, zeros_like(rises), 0, Math.Max(distance - shorter, least));
            }

            Keep(State(), left);
        }

        return where(Each(broken), found, best);
    }

    private static Func<Tensor, Tensor> TargetedRatio(Tensor y, Tensor target) => z =>
    {
        var ordered = z.sort(1).Values;
        Tensor At(int fromEnd) => ordered.select(1, z.shape[1] - fromEnd);
        var gap = z.gather(1, y.unsqueeze(1)) - z.gather(1, target.unsqueeze(1));
        return -gap.squeeze(1) / (At(1) - ((At(3) + At(4)) * 0.5) + 1e-12);
    };

    /// <summary>Croce and Hein 2020, the fast adaptive boundary attack towards one class; the ways onto the planes are ours.</summary>
    private Tensor Boundary(Tensor x, Tensor y, Tensor target)
    {
        static Tensor Length(Tensor way) => way.abs().flatten(1).amax(1).clamp_min(1e-8).view(-1, 1, 1, 1);
        var (now, found, shortest) = (x.clone(), x.clone(), full(x.shape[0], double.PositiveInfinity, dtype: ScalarType.Float32));
        for (var i = 0; i < steps && !shortest.le(epsilon).all().item<bool>(); i++)
        {
            using var scope = NewDisposeScope();
            Tensor[] left = [now, found, shortest];
            var (slope, value, _) = Look(now, z => (z.gather(1, target.unsqueeze(1)) - z.gather(1, y.unsqueeze(1))).squeeze(1));
            var ahead = BoxHyperplane.Way(now, slope, -value, Norm.Linf);
            var home = BoxHyperplane.Way(x, slope, (slope * (now - x)).flatten(1).sum(1) - value, Norm.Linf);
            var (near, far) = (Length(ahead), Length(home));
            var bias = (near / (near + far)).clamp_max(0.1);
            now = (((now + (1.05 * ahead)) * (1 - bias)) + ((x + (1.05 * home)) * bias)).clamp(0, 1);
            var across = Wrong(now, y);
            var length = (now - x).abs().flatten(1).amax(1);
            var closer = across.logical_and(length.lt(shortest));
            (found, shortest) = (where(closer.view(-1, 1, 1, 1), now, found), where(closer, length, shortest));
            now = where(across.view(-1, 1, 1, 1), x + ((now - x) * 0.9), now);
            Keep([now, found, shortest], left);
        }

        return where(shortest.le(epsilon).view(-1, 1, 1, 1), found, x);
    }

    /// <summary>Andriushchenko et al. 2020, with one window a query for all images of the batch.</summary>
    private Tensor Square(Tensor x, Tensor y)
    {
        static Tensor Signs(params long[] shape) => (randint(0, 2, shape, dtype: ScalarType.Float32) * 2) - 1;
        var (n, c, h, w) = ((int)x.shape[0], x.shape[1], (int)x.shape[2], (int)x.shape[3]);
        Tensor Margin(Tensor at, Tensor of)
        {
            var z = Logits(at);
            return z.gather(1, of.unsqueeze(1)).squeeze(1) - z.scatter(1, of.unsqueeze(1), full(1, 1, float.NegativeInfinity).expand(of.shape[0], 1)).amax(1);
        }

        var best = (x + (epsilon * Signs(n, c, 1, w))).clamp(0, 1);
        var least = Margin(best, y);
        var random = new Random(2019);
        for (var query = 1; query <= queries; query++)
        {
            using var scope = NewDisposeScope();
            var rows = least.ge(0).nonzero().squeeze(1);
            if (rows.shape[0] == 0)
                break;
            var share = 0.8 / Math.Pow(2, new[] { 10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000 }.Count(passed => query * 10000L / queries > passed));
            var side = Math.Max((int)Math.Round(Math.Sqrt(share * h * w)), 1);
            var (top, left) = (random.Next(h - side + 1), random.Next(w - side + 1));
            var (clean, now, of) = (x.index_select(0, rows), best.index_select(0, rows), y.index_select(0, rows));
            now.narrow(2, top, side).narrow(3, left, side).add_(2 * epsilon * Signs(rows.shape[0], c, 1, 1));
            now = Clip(now, clean);
            var margin = Margin(now, of);
            var lower = margin.lt(least.index_select(0, rows)).nonzero().squeeze(1);
            best.index_copy_(0, rows.index_select(0, lower), now.index_select(0, lower));
            least.index_copy_(0, rows.index_select(0, lower), margin.index_select(0, lower));
        }

        return best;
    }
}
