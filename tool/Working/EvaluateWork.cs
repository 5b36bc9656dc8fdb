using System.Diagnostics;
using System.Security.Cryptography;
using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Defenses;
using DQPipeline.Evaluation;
using DQPipeline.Export;
using DQPipeline.Native;
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
        CheckModel(job);
        var dataset = Datasets.Load(Declaration.FromJson<DatasetDeclaration>(job.Dataset), cancellation);
        using var network = ModelFile.Load(job.Model).to(Devices.Resolve(job.Device));
        LabelCheck.Require(network.Description, dataset);
        var samples = Sampling.ClassBalanced(dataset.Test.Classes, job.Samples == 0 ? dataset.Test.Count : Math.Min(job.Samples, dataset.Test.Count), job.Seed);
        var detector = job.Detector is null ? null : new SqueezingDetector(Declaration.FromJson<SqueezeDeclaration>(job.Detector));
        var evaluator = new Evaluator(network, dataset.Test, samples, job.Batch, job.Seed) { Detector = detector };
        foreach (var cell in job.Cells)
        {
            cancellation.ThrowIfCancellationRequested();
            var attack = cell.Attack is null ? null : Declaration.FromJson<AttackDeclaration>(cell.Attack);
            var progress = new CellProgress(channel, attack is null ? "clean" : FormattableString.Invariant($"{attack.Kind}@{cell.Epsilon}"));
            var result = attack is null
                ? evaluator.Clean(progress, cancellation)
                : evaluator.Attacked(AttackFactory.Create(attack), cell.Epsilon, progress, cancellation);
            channel.Send(new CellEvent(cell.Id, result.Samples, result.Correct)
            {
                Detection = result.Detection is var (images, flagged, successful, detected) ? new CellDetection(images, flagged, successful, detected) : null,
            });
        }

        return new DoneEvent();
    }

    private static void CheckModel(EvaluateJob job)
    {
        using var file = File.OpenRead(job.Model);
        if (Convert.ToHexStringLower(SHA256.HashData(file)) != job.ModelSha256)
            throw new DqException(DiagnosticCodes.ModelCorrupt, $"{job.Model} was changed while the build ran; build again");
    }

    /// <summary>Passes on what the evaluator reports, a few times a second.</summary>
    private sealed class CellProgress(WorkerChannel channel, string phase) : IProgress<EvaluationProgress>
    {
        private readonly long _start = Stopwatch.GetTimestamp();
        private long _last;

        public void Report(EvaluationProgress value)
        {
            if (_last != 0 && Stopwatch.GetElapsedTime(_last) < TimeSpan.FromMilliseconds(250))
                return;
            _last = Stopwatch.GetTimestamp();
            var seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
            channel.Send(new ProgressEvent
            {
                Phase = phase,
                Step = value.Done,
                Steps = value.Total,
                SecondsLeft = value.Done > 0 ? seconds / value.Done * (value.Total - value.Done) : null,
            });
        }
    }
}
