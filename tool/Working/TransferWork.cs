using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Targets.Workers;
using TorchSharp;

namespace DQPipeline.Tool.Working;

/// <summary>Makes adversarial images on one model, once for each attack × ε, and scores every model on them that asks for it.</summary>
internal static class TransferWork
{
    public static DoneEvent Run(TransferJob job, WorkerChannel channel)
    {
        var cancellation = channel.Stop;
        torch.set_num_threads(job.Threads);
        channel.Send(new ProgressEvent { Phase = "loading" });
        var dataset = ModelInput.Data(job, channel);
        var samples = ModelInput.Sample(dataset, job.Samples, job.Seed);
        using var network = ModelInput.Load(job.MadeOn.Path, job.MadeOn.Sha256, job.Device, dataset);
        var maker = new Evaluator(network, dataset.Test, samples, job.Batch, job.Seed);
        var models = new MeasuredModel?[job.Models.Count];
        try
        {
            foreach (var made in job.Cells.GroupBy(cell => (cell.Attack, cell.Epsilon)))
            {
                var attack = Declaration.FromJson<AttackDeclaration>(made.Key.Attack);
                var label = FormattableString.Invariant($"{attack.Kind}@{made.Key.Epsilon}");
                var images = maker.AdversarialForOthers(AttackFactory.Create(attack), made.Key.Epsilon, new CellProgress(channel, $"{label} on {job.MadeOn.Name}"), cancellation);
                foreach (var cell in made)
                {
                    var model = job.Models[cell.Model];
                    var measured = models[cell.Model] ??= MeasuredModel.Open(model.Path, model.Sha256, job, dataset, samples, job.Batch, job.Seed, job.Detector);
                    var result = measured.Transferred(images, new CellProgress(channel, $"{label} scored on {model.Name}"), cancellation);
                    channel.Send(ModelInput.Event(cell.Id, result));
                }
            }

            return new DoneEvent();
        }
        finally
        {
            foreach (var model in models)
                model?.Dispose();
        }
    }
}
