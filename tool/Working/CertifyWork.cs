using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Export;
using DQPipeline.Lipschitz;
using DQPipeline.Networks;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Outputs;
using DQPipeline.Targets.Workers;
using TorchSharp;

namespace DQPipeline.Tool.Working;

/// <summary>Draws up the Lipschitz account of several models, and what it certifies.</summary>
internal static class CertifyWork
{
    public static DoneEvent Run(CertifyJob job, WorkerChannel channel)
    {
        torch.set_num_threads(job.Threads);
        channel.Send(new ProgressEvent { Phase = "loading" });
        var declared = Declaration.FromJson<CertifyDeclaration>(job.Certify);
        var dataset = ModelInput.Data(job, channel);
        var samples = ModelInput.Sample(dataset, declared.Samples, declared.Seed);
        var models = new List<CertifiedModel>();
        foreach (var model in job.Models)
        {
            using var network = ModelInput.Load(model.Path, model.Sha256, job.Device, dataset);
            models.Add(Certify(model.Name, network, declared, dataset, samples, channel));
        }

        CertificateFile.Write(job.OutputFolder, job.Certify, models);
        return new DoneEvent { Outputs = [CertifyTarget.JsonFile, CertifyTarget.LayersFile, CertifyTarget.RadiiFile] };
    }

    private static CertifiedModel Certify(string name, Classifier network, CertifyDeclaration declared, ImageDataset dataset, int[] samples, WorkerChannel channel)
    {
        using var twin = LipschitzAccount.Unquantized(network);
        var account = LipschitzAccount.Of(twin, declared.Tolerance, declared.Seed, layer => channel.Send(new ProgressEvent { Phase = $"norm of {layer} of {name}" }), channel.Stop);
        var certificate = Certificate.Of(twin, account, dataset.Test, samples, declared.Batch, channel.Stop);
        var (distances, quotient) = Attacked(name, twin, declared, dataset, samples, channel);
        var activation = network.Description.Activation;
        var next = LayerGraphs.Of(network).NextConvolutions();
        var quantized = activation.IsQuantized ? Attacked(name, network, declared, dataset, samples, channel).Distances : [];
        return new(
            name, activation.IsQuantized ? activation.Bits : null, samples.Length, certificate.Correct, account.Logits, account.Features, account.Estimate, quotient,
            certificate.RadiusOf(0.5), certificate.Radii.Max(), MedianOf(certificate.UniformRadii), certificate.IsVacuous,
            [.. RadiiOf(declared, dataset).Select(radius => At(radius, certificate, dataset))],
            [.. account.Layers.Select((layer, i) => Layer(i + 1, layer, next, distances, quantized))]);
    }

    /// <summary>How far the attack moved what each convolution is given, and the logits for the length of its change.</summary>
    private static (IReadOnlyList<LayerDistance> Distances, double Quotient) Attacked(string name, Classifier network, CertifyDeclaration declared, ImageDataset dataset, int[] samples, WorkerChannel channel)
    {
        var progress = new CellProgress(channel, FormattableString.Invariant($"{declared.Attack.Kind}@{declared.Epsilon} on {name}"));
        var images = new Evaluator(network, dataset.Test, samples, declared.Batch, declared.Seed).Adversarial(AttackFactory.Create(declared.Attack), declared.Epsilon, progress, channel.Stop);
        return (ActivationDistance.Convolutions(network, images, declared.Batch, channel.Stop), LipschitzQuotient.Largest(network, images, declared.Batch, channel.Stop));
    }

    /// <summary>The declared radii, the length of the least change of an image of bytes, and that of one unit in every value.</summary>
    private static IEnumerable<double> RadiiOf(CertifyDeclaration declared, ImageDataset dataset) => declared.Radii.Append(1).Append(UnitOfAll(dataset)).Distinct().Order();

    private static double UnitOfAll(ImageDataset dataset) => Math.Sqrt((double)dataset.Channels * dataset.Height * dataset.Width);

    private static CertifiedRadius At(double radius, Certificate certificate, ImageDataset dataset)
    {
        var certified = certificate.CertifiedAt(radius);
        return new(radius, radius / UnitOfAll(dataset), certified, (double)certified / certificate.Radii.Count);
    }

    private static double MedianOf(IReadOnlyList<double> radii) => radii.OrderDescending().ElementAt((radii.Count - 1) / 2);

    private static CertifiedLayer Layer(int number, LayerConstant layer, IReadOnlyDictionary<string, string> next, IReadOnlyList<LayerDistance> distances, IReadOnlyList<LayerDistance> quantized)
    {
        var isConvolution = layer.Kind.EndsWith("convolution", StringComparison.Ordinal);
        var (plain, own) = isConvolution ? (DistanceOf(layer.Name, next, distances), DistanceOf(layer.Name, next, quantized)) : default;
        return new(
            number, layer.Name, layer.Kind, layer.Estimate, layer.Iterations, layer.Residual, layer.Bound, layer.Path, plain.Distance, plain.Amplification, own.Distance, own.Amplification);
    }

    private static (double? Distance, double? Amplification) DistanceOf(string name, IReadOnlyDictionary<string, string> next, IReadOnlyList<LayerDistance> distances)
    {
        double? Mean(string? of) => distances.FirstOrDefault(distance => distance.Name == of)?.Mean;
        var own = Mean(name);
        return (own, own > 0 ? Mean(next.GetValueOrDefault(name)) / own : null);
    }
}
