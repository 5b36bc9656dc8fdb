using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Export;
using DQPipeline.ML.Packaging;
using DQPipeline.Native;
using DQPipeline.Networks;
using DQPipeline.Onnx.Inference;
using TorchSharp;

namespace DQPipeline.Tool.Working;

/// <summary>A model of any file that gives probabilities to images.</summary>
internal abstract class ImageClassifier : IDisposable
{
    /// <summary>Class names in the order of the scores.</summary>
    public abstract IReadOnlyList<string> Labels { get; }

    public abstract int Channels { get; }

    public abstract int Height { get; }

    public abstract int Width { get; }

    /// <summary>The classifier of a file, by its ending.</summary>
    /// <param name="path">The file.</param>
    /// <param name="threads">Processor threads of one run; 0 for one per core.</param>
    /// <exception cref="DqException">DQ3005, DQ5001: it cannot be used.</exception>
    public static ImageClassifier Open(string path, int threads = 0)
    {
        var options = new DeployedModelOptions { Threads = threads };
        if (NeedsBackend(path))
        {
            NativeBackend.Load();
            torch.set_num_threads(threads > 0 ? threads : Environment.ProcessorCount);
            return new Trained(ModelFile.Load(path));
        }

        if (ModelInput.IsDeployed(path))
            return new Deployed(DeployedModel.Load(path, options));
        return new Deployed(DeployedModel.Load(ModelPackage.ReadModel(path), path, options));
    }

    /// <summary>Whether a file's model runs on libtorch: neither an .onnx nor a .zip.</summary>
    public static bool NeedsBackend(string path) => !ModelInput.IsDeployed(path) && !Path.GetExtension(path).Equals(".zip", StringComparison.OrdinalIgnoreCase);

    /// <summary>The probabilities of each image.</summary>
    /// <param name="pixels">N images, N×C×H×W.</param>
    public abstract IReadOnlyList<float[]> Probabilities(byte[] pixels);

    public abstract void Dispose();

    private sealed class Deployed(DeployedModel model) : ImageClassifier
    {
        public override IReadOnlyList<string> Labels => model.Info.Labels;

        public override int Channels => model.Info.Channels;

        public override int Height => model.Info.Height;

        public override int Width => model.Info.Width;

        public override IReadOnlyList<float[]> Probabilities(byte[] pixels)
        {
            var scores = new float[pixels.Length / model.Info.ImageSize * Labels.Count];
            model.Run(pixels, scores);
            model.Probabilities(scores);
            return [.. scores.Chunk(Labels.Count)];
        }

        public override void Dispose() => model.Dispose();
    }

    private sealed class Trained(Classifier network) : ImageClassifier
    {
        public override IReadOnlyList<string> Labels => network.Description.Labels;

        public override int Channels => network.Description.Channels;

        public override int Height => network.Description.Height;

        public override int Width => network.Description.Width;

        public override IReadOnlyList<float[]> Probabilities(byte[] pixels) =>
            [.. Predictor.Probabilities(network, pixels).Select(row => Array.ConvertAll(row, value => (float)value))];

        public override void Dispose() => network.Dispose();
    }
}
