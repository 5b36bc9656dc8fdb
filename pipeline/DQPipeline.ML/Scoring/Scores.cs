using System.Numerics.Tensors;

namespace DQPipeline.ML.Scoring;

/// <summary>What the model says of a few images.</summary>
internal sealed class Scores
{
    private readonly float[] logits;
    private readonly int classes;
    private readonly int[] labels;
    private readonly bool[] detected;
    private float[]? probabilities;

    private Scores(float[] logits, int classes, int[] labels, bool[] detected) => (this.logits, this.classes, this.labels, this.detected) = (logits, classes, labels, detected);

    /// <summary>Runs the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">N images in [0,1], N×C×H×W.</param>
    /// <param name="detect">Whether adversarial images are detected.</param>
    public static Scores Of(SharedModel model, ReadOnlyMemory<float> images, bool detect)
    {
        var (count, classes) = (images.Length / model.Info.ImageSize, model.Info.Labels.Count);
        var logits = new float[count * classes];
        int[]? labels = null;
        var detected = model.Run(images, logits, Best, detect);
        return new(logits, classes, labels!, detected);

        int[] Best()
        {
            labels = new int[count];
            for (var i = 0; i < count; i++)
                labels[i] = TensorPrimitives.IndexOfMax<float>(logits.AsSpan(i * classes, classes));
            return labels;
        }
    }

    /// <summary>The label of an image, by number.</summary>
    public int Label(int image) => labels[image];

    /// <summary>The logits of an image, K.</summary>
    public ReadOnlySpan<float> Logits(int image) => logits.AsSpan(image * classes, classes);

    /// <summary>The probabilities of an image, K.</summary>
    public ReadOnlySpan<float> Probabilities(int image)
    {
        if (probabilities is null)
        {
            var all = (float[])logits.Clone();
            Onnx.Inference.DeployedModel.Probabilities(all, classes);
            probabilities = all;
        }

        return probabilities.AsSpan(image * classes, classes);
    }

    /// <summary>Whether an image is detected as adversarial.</summary>
    public bool IsAdversarial(int image) => detected[image];
}
