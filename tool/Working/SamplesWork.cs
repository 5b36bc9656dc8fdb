using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Outputs;
using DQPipeline.Targets.Workers;
using DQPipeline.Tool.Terminal;
using TorchSharp;

namespace DQPipeline.Tool.Working;

/// <summary>Attacks a few images on each of several models and keeps the images and what the models say to them.</summary>
internal static class SamplesWork
{
    public static DoneEvent Run(SamplesJob job, WorkerChannel channel)
    {
        var cancellation = channel.Stop;
        torch.set_num_threads(job.Threads);
        channel.Send(new ProgressEvent { Phase = "loading" });
        var declared = Declaration.FromJson<SamplesDeclaration>(job.Samples);
        var dataset = ModelInput.Data(job, channel);
        var samples = ModelInput.Sample(dataset, declared.Count, declared.Seed);
        var attack = AttackFactory.Create(declared.Attack);
        var sets = new List<AdversarialSet>();
        var predictions = samples.Select(_ => new List<SamplePrediction>()).ToArray();
        foreach (var model in job.Models)
        {
            using var network = ModelInput.Load(model.Path, model.Sha256, job.Device, dataset);
            var evaluator = new Evaluator(network, dataset.Test, samples, SampleImages.Batch, declared.Seed);
            var set = evaluator.Adversarial(attack, declared.Epsilon, new CellProgress(channel, $"{declared.Attack.Kind} on {model.Name}"), cancellation);
            var (clean, adversarial) = SampleImages.Probabilities(network, set);
            for (var i = 0; i < samples.Length; i++)
                predictions[i].Add(new SamplePrediction(model.Name, Answer(clean[i]), Answer(adversarial[i])));
            sets.Add(set);
        }

        SampleImages.Write(Path.Combine(job.OutputFolder, SamplesTarget.ImagesFile), sets);
        WriteSheet(Path.Combine(job.OutputFolder, SamplesTarget.SheetFile), sets);
        SamplesFile.Write(
            job.OutputFolder, job.Samples, dataset.Labels,
            [.. samples.Select((sample, i) => new SampleEntry(sample, dataset.Labels[dataset.Test.Classes[sample]], predictions[i]))]);
        return new DoneEvent { Outputs = [SamplesTarget.ImagesFile, SamplesTarget.SheetFile, SamplesTarget.PredictionsFile] };

        SampleAnswer Answer(double[] probabilities)
        {
            var best = Array.IndexOf(probabilities, probabilities.Max());
            return new SampleAnswer(dataset.Labels[best], probabilities[best], probabilities);
        }
    }

    /// <summary>A row for each image: the clean one, then the adversarial one of each model on the grid of 8-bit pixels.</summary>
    private static void WriteSheet(string path, List<AdversarialSet> sets)
    {
        var first = sets[0];
        var size = first.Channels * first.Height * first.Width;
        var rows = Enumerable.Range(0, first.Count).Select(i => (IReadOnlyList<byte[]>)
        [
            first.X[(i * size)..((i + 1) * size)],
            .. sets.Select(set => PixelGrid.RoundInside(set.X.AsSpan(i * size, size), set.XAdv.AsSpan(i * size, size), set.Epsilon, set.Norm)),
        ]);
        AtomicFile.Write(path, file => ContactSheet.Write(file, first.Channels, first.Height, first.Width, sets.Count + 1, [.. rows]));
    }
}
