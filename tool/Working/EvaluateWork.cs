using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Targets.Workers;
using TorchSharp;

namespace DQPipeline.Tool.Working;

/// <summary>Measures one model: the library, the data and the clean predictions are paid for once.</summary>
internal static class EvaluateWork
{
    public static DoneEvent Run(EvaluateJob job, WorkerChannel channel)
    {
        var cancellation = channel.Stop;
        torch.set_num_threads(job.Threads);
        channel.Send(new ProgressEvent { Phase = "loading" });
        var dataset = ModelInput.Data(job, channel);
        var samples = ModelInput.Sample(dataset, job.Samples, job.Seed);
        using var model = MeasuredModel.Open(job.Model, job.ModelSha256, job, dataset, samples, job.Batch, job.Seed, job.Detector);
        foreach (var cell in job.Cells)
        {
            cancellation.ThrowIfCancellationRequested();
            var attack = cell.Attack is null ? null : Declaration.FromJson<AttackDeclaration>(cell.Attack);
            var progress = new CellProgress(channel, attack is null ? "clean" : FormattableString.Invariant($"{attack.Kind}@{cell.Epsilon}"));
            var result = attack is null
                ? model.Clean(progress, cancellation)
                : model.Attacked(AttackFactory.Create(attack), cell.Epsilon, progress, cancellation);
            channel.Send(ModelInput.Event(cell.Id, result));
        }

        return new DoneEvent();
    }
}
