using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Outputs;
using DQPipeline.Targets.Workers;
using TorchSharp;

namespace DQPipeline.Tool.Working;

/// <summary>Measures distances between clean and adversarial activations of several models.</summary>
internal static class DistanceWork
{
    public static DoneEvent Run(DistanceJob job, WorkerChannel channel)
    {
        var cancellation = channel.Stop;
        torch.set_num_threads(job.Threads);
        channel.Send(new ProgressEvent { Phase = "loading" });
        var declared = Declaration.FromJson<DistanceDeclaration>(job.Distance);
        var dataset = ModelInput.Data(job, channel);
        var samples = ModelInput.Sample(dataset, declared.Samples, declared.Seed);
        var attack = AttackFactory.Create(declared.Attack);
        var points = new List<DistancePoint>();
        foreach (var model in job.Models)
        {
            using var network = ModelInput.Load(model.Path, model.Sha256, job.Device, dataset);
            var evaluator = new Evaluator(network, dataset.Test, samples, declared.Batch, declared.Seed);
            foreach (var epsilon in declared.Epsilon)
            {
                var progress = new CellProgress(channel, FormattableString.Invariant($"{declared.Attack.Kind}@{epsilon} on {model.Name}"));
                var images = evaluator.Adversarial(attack, epsilon, progress, cancellation);
                var distances = declared.At == DistanceDeclaration.FirstBlock
                    ? ActivationDistance.FirstBlock(network, images, declared.Bits, declared.Batch, cancellation)
                    : ActivationDistance.Convolutions(network, images, declared.Batch, cancellation);
                points.AddRange(distances.Select(d => new DistancePoint(model.Name, d.Layer, d.Name, epsilon, d.Bits, d.Mean, d.Deviation, d.Samples)));
            }
        }

        DistanceFile.Write(job.OutputFolder, job.Distance, points);
        return new DoneEvent { Outputs = [DistanceTarget.JsonFile, DistanceTarget.CsvFile] };
    }
}
