using DQPipeline.Onnx.Inference;

namespace DQPipeline.ML.Scoring;

/// <summary>
/// A model that many use at once and anyone may close: those who are at it finish first, and who comes later opens it again. PredictionEngine disposes a transformer that it
/// was only lent.
/// </summary>
internal sealed class SharedModel : IDisposable
{
    private readonly object gate = new();
    private readonly byte[] file;
    private readonly string name;
    private readonly DefensiveQuantizationOptions options;
    private Opened? current;
    private int runs;

    /// <summary>Opens the model.</summary>
    /// <exception cref="Declarations.DqException">DQ5001: the file is unusable. DQ1004: an option is out of its range.</exception>
    public SharedModel(byte[] file, string name, DefensiveQuantizationOptions options)
    {
        (this.file, this.name, this.options) = (file, name, options);
        current = new(file, name, options);
        Info = current.Model.Info;
    }

    /// <summary>What the model says about itself.</summary>
    public DeployedModelInfo Info { get; }

    /// <summary>Times that <see cref="Run"/> was called.</summary>
    public int Runs => Volatile.Read(ref runs);

    /// <summary>The logits of images, and whether each is detected as adversarial where the options say so.</summary>
    /// <param name="images">N images in [0,1], N×C×H×W.</param>
    /// <param name="logits">Takes N×K.</param>
    /// <param name="labels">Finds the labels once the logits are there.</param>
    /// <param name="detect">Whether to detect.</param>
    /// <returns>For each image whether it is detected; nothing if that was not asked.</returns>
    public bool[] Run(ReadOnlyMemory<float> images, Memory<float> logits, Func<int[]> labels, bool detect)
    {
        Interlocked.Increment(ref runs);
        var opened = Rent();
        try
        {
            opened.Model.Run(images, logits);
            var found = labels();
            return detect ? opened.Detector!.Detect(images, found) : [];
        }
        finally
        {
            Return(opened);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (current is { } opened)
            {
                current = null;
                opened.IsRetired = true;
                if (opened.Users == 0)
                    opened.Close();
            }
        }
    }

    private Opened Rent()
    {
        lock (gate)
        {
            current ??= new(file, name, options);
            current.Users++;
            return current;
        }
    }

    private void Return(Opened opened)
    {
        lock (gate)
        {
            opened.Users--;
            if (opened is { IsRetired: true, Users: 0 })
                opened.Close();
        }
    }

    private sealed class Opened
    {
        public Opened(byte[] file, string name, DefensiveQuantizationOptions options)
        {
            Model = DeployedModel.Load(file, name, new() { Threads = options.Threads, BatchSize = options.BatchSize });
            if (options.IsAdversarialColumnName is not null)
                Detector = new(Model, options.Detector);
        }

        public DeployedModel Model { get; }

        public AdversarialDetector? Detector { get; }

        public int Users { get; set; }

        public bool IsRetired { get; set; }

        public void Close()
        {
            Detector?.Dispose();
            Model.Dispose();
        }
    }
}
