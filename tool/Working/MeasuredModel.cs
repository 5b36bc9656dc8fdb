using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Tool.Working;

/// <summary>A model that is measured, whatever its file: a trained one, which has gradients, or a deployed one.</summary>
internal abstract class MeasuredModel : IDisposable
{
    /// <summary>Opens the model of a file, held against what the job promised.</summary>
    /// <param name="path">The file; its ending tells what it is.</param>
    /// <param name="sha256">What its content should hash to.</param>
    /// <param name="job">Says the device and the threads.</param>
    /// <param name="dataset">The data, whose classes the model should know.</param>
    /// <param name="samples">Test images, by number.</param>
    /// <param name="batch">Images a batch.</param>
    /// <param name="seed">Seed of the attacks' noise.</param>
    /// <param name="detector">A detector's <c>SqueezeDeclaration</c> as JSON; null for none.</param>
    /// <exception cref="DqException">DQ3005, DQ5001: the file is unusable. DQ2005: the data do not suit the model.</exception>
    public static MeasuredModel Open(string path, string sha256, WorkerJob job, ImageDataset dataset, IReadOnlyList<int> samples, int batch, int seed, string? detector) =>
        ModelInput.IsDeployed(path)
            ? new Deployed(path, sha256, job, dataset, samples, seed, detector)
            : new Trained(path, sha256, job, dataset, samples, batch, seed, detector);

    public abstract CellResult Clean(IProgress<EvaluationProgress> progress, CancellationToken cancellation);

    public abstract CellResult Attacked(Attack attack, double epsilon, IProgress<EvaluationProgress> progress, CancellationToken cancellation);

    public abstract CellResult Transferred(AdversarialSet set, IProgress<EvaluationProgress> progress, CancellationToken cancellation);

    public abstract void Dispose();

    private sealed class Trained : MeasuredModel
    {
        private readonly Networks.Classifier network;
        private readonly Evaluator evaluator;

        public Trained(string path, string sha256, WorkerJob job, ImageDataset dataset, IReadOnlyList<int> samples, int batch, int seed, string? detector)
        {
            network = ModelInput.Load(path, sha256, job.Device, dataset);
            evaluator = new Evaluator(network, dataset.Test, samples, batch, seed) { Detector = ModelInput.Detector(detector) };
        }

        public override CellResult Clean(IProgress<EvaluationProgress> progress, CancellationToken cancellation) => evaluator.Clean(progress, cancellation);

        public override CellResult Attacked(Attack attack, double epsilon, IProgress<EvaluationProgress> progress, CancellationToken cancellation) =>
            evaluator.Attacked(attack, epsilon, progress, cancellation);

        public override CellResult Transferred(AdversarialSet set, IProgress<EvaluationProgress> progress, CancellationToken cancellation) =>
            evaluator.Transferred(set, progress, cancellation);

        public override void Dispose() => network.Dispose();
    }

    private sealed class Deployed : MeasuredModel
    {
        private readonly Onnx.Inference.DeployedModel model;
        private readonly DeployedEvaluator evaluator;

        public Deployed(string path, string sha256, WorkerJob job, ImageDataset dataset, IReadOnlyList<int> samples, int seed, string? detector)
        {
            model = ModelInput.LoadDeployed(path, sha256, job.Threads, dataset);
            evaluator = new DeployedEvaluator(model, dataset.Test, samples, seed)
            {
                Detector = detector is null ? new SqueezeDeclaration() : Declaration.FromJson<SqueezeDeclaration>(detector),
            };
        }

        public override CellResult Clean(IProgress<EvaluationProgress> progress, CancellationToken cancellation) => evaluator.Clean(progress, cancellation);

        public override CellResult Attacked(Attack attack, double epsilon, IProgress<EvaluationProgress> progress, CancellationToken cancellation) =>
            evaluator.Attacked(attack, epsilon, progress, cancellation);

        public override CellResult Transferred(AdversarialSet set, IProgress<EvaluationProgress> progress, CancellationToken cancellation) =>
            evaluator.Transferred(set, progress, cancellation);

        public override void Dispose() => model.Dispose();
    }
}
