using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Networks;
using DQPipeline.Targets.Workers;
using TorchSharp;

namespace DQPipeline.Tool.Working;

/// <summary>Makes adversarial images on a substitute, once for each attack × ε, and scores every model on them that asks for it.</summary>
internal static class BlackBoxWork
{
    public static DoneEvent Run(BlackBoxJob job, WorkerChannel channel)
    {
        var cancellation = channel.Stop;
        torch.set_num_threads(job.Threads);
        channel.Send(new ProgressEvent { Phase = "loading" });
        var dataset = Datasets.Load(Declaration.FromJson<DatasetDeclaration>(job.Dataset), cancellation);
        var samples = ModelInput.Sample(dataset, job.Samples, job.Seed);
        var networks = new List<Classifier>();
        try
        {
            var substitute = Evaluator(job.Substitute);
            var models = new Evaluator?[job.Models.Count];
            foreach (var made in job.Cells.GroupBy(cell => (cell.Attack, cell.Epsilon)))
            {
                var attack = Declaration.FromJson<AttackDeclaration>(made.Key.Attack);
                var label = FormattableString.Invariant($"{attack.Kind}@{made.Key.Epsilon}");
                var images = substitute.Adversarial(AttackFactory.Create(attack), made.Key.Epsilon, new CellProgress(channel, $"{label} on {job.Substitute.Name}"), cancellation);
                foreach (var cell in made)
                {
                    var model = job.Models[cell.Model];
                    var result = (models[cell.Model] ??= Evaluator(model)).Transferred(images, new CellProgress(channel, $"{label} scored on {model.Name}"), cancellation);
                    channel.Send(ModelInput.Event(cell.Id, result));
                }
            }

            return new DoneEvent();
        }
        finally
        {
            foreach (var network in networks)
                network.Dispose();
        }

        Evaluator Evaluator(JobModel model)
        {
            var network = ModelInput.Load(model.Path, model.Sha256, job.Device, dataset);
            networks.Add(network);
            return new Evaluator(network, dataset.Test, samples, job.Batch, job.Seed) { Detector = ModelInput.Detector(job.Detector) };
        }
    }
}
