using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Lipschitz;
using DQPipeline.Networks;
using DQPipeline.Training;
using static DQPipeline.Tests.Training.TrainingFixture;
using static TorchSharp.torch;

namespace DQPipeline.Tests.Lipschitz;

/// <summary>What is certified stands: an attack with all the length that it has a certificate for takes no label.</summary>
public class CertificateTests
{
    [Theory]
    [InlineData("vgg-s")]
    [InlineData("wrn-10-1")]
    public void No_attack_within_its_certified_radius_takes_an_images_label(string network)
    {
        using var scope = NewDisposeScope();
        var request = Request(epochs: 15);
        request = request with
        {
            Declaration = request.Declaration with
            {
                Network = network,
                Residual = network == "vgg-s" ? "sum" : "convex",
                Activation = new ActivationDeclaration(),
                Lipschitz = new LipschitzDeclaration { Of = "folded", Constraint = "spectral", Limit = 1.2 },
            },
        };
        using var result = Trainer.Train(request);
        using var twin = LipschitzAccount.Unquantized(result.Network);
        var account = LipschitzAccount.Of(twin);
        var split = request.Data.Test;
        var certificate = Certificate.Of(twin, account, split, [.. Enumerable.Range(0, Images)], batch: 32);
        Assert.True(certificate.Correct > Images / 2, $"{certificate.Correct} right");
        Assert.True(certificate.CertifiedAt(1) > 10, $"{certificate.CertifiedAt(1)} certified at 1, median {certificate.RadiusOf(0.5)}");
        for (var i = 0; i < Images; i++)
        {
            Assert.Equal(certificate.Right[i], certificate.Radii[i] > 0);
            Assert.True(certificate.UniformRadii[i] <= certificate.Radii[i] * (1 + 1e-9));
        }

        var numbers = Enumerable.Range(0, Images).Where(i => certificate.Right[i]).ToArray();
        var clean = tensor(numbers.SelectMany(i => split.Image(i).ToArray()).ToArray(), [numbers.Length, 3, 8, 8], ScalarType.Byte).to(ScalarType.Float32) / 255;
        var labels = tensor(numbers.Select(i => (long)split.Classes[i]).ToArray());
        var radii = tensor(numbers.Select(i => (float)(certificate.Radii[i] / 255)).ToArray()).reshape(-1, 1, 1, 1);
        Assert.True(Descend(twin, clean, labels, radii).eq(labels).all().item<bool>());
        // The attack is one: where it may go far enough it takes labels.
        Assert.False(Descend(twin, clean, labels, full_like(radii, 5)).eq(labels).all().item<bool>());
    }

    [Fact]
    public void An_attacks_quotient_lies_below_the_bound_and_above_nothing()
    {
        using var network = LipschitzAccountTests.Drawn("vgg-s", "relu6", "sum");
        var split = Stripes().Test;
        var set = new Evaluator(network, split, [.. Enumerable.Range(0, 20)], batch: 8).Adversarial(AttackFactory.Create(new AttackDeclaration { Kind = "fgsm" }), 2);
        var quotient = LipschitzQuotient.Largest(network, set, batch: 7);
        Assert.InRange(quotient, 1e-3, LipschitzAccount.Of(network, 0.1).Logits);
        var still = new Evaluator(network, split, [0, 1], batch: 2).Adversarial(AttackFactory.Create(new AttackDeclaration { Kind = "fgsm" }), 0);
        Assert.Equal(0, LipschitzQuotient.Largest(network, still, batch: 2));
    }

    /// <summary>Projected gradient descent of the margin in the L2 ball of each image, not kept within [0,1]: the certificate speaks of all changes. Gives the labels at the end.</summary>
    private static Tensor Descend(Classifier network, Tensor clean, Tensor labels, Tensor radii)
    {
        using var frozen = new FrozenNetwork(network);
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var change = Scaled(randn(clean.shape, generator: generator), radii);
        for (var step = 0; step < 40; step++)
        {
            var images = (clean + change).detach().requires_grad_();
            var logits = network.forward(images);
            var own = logits.gather(1, labels.unsqueeze(1));
            var others = logits.scatter(1, labels.unsqueeze(1), full_like(own, double.NegativeInfinity));
            var gradient = autograd.grad([(own.squeeze(1) - others.amax([1])).sum()], [images])[0];
            change = change - Scaled(gradient, radii) * 0.25;
            var length = change.flatten(1).norm(1).reshape(-1, 1, 1, 1);
            change = change * (radii / length.clamp_min(1e-30)).clamp_max(1);
        }

        return network.forward(clean + change).argmax(1).MoveToOuterDisposeScope();
    }

    private static Tensor Scaled(Tensor direction, Tensor radii) => direction * (radii / direction.flatten(1).norm(1).reshape(-1, 1, 1, 1).clamp_min(1e-30));
}
