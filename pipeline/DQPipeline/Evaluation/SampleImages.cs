using DQPipeline.Declarations;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Evaluation;

/// <summary>The same clean images attacked on several models, and what these say to them (paper figure 7).</summary>
public static class SampleImages
{
    /// <summary>Images a pass.</summary>
    public const int Batch = 50;

    /// <summary>The probabilities that a network gives to the clean images of a set and to their adversarial versions: for each image K, which sum to 1.</summary>
    /// <exception cref="DqException">DQ3004: the network's outputs are not finite numbers.</exception>
    public static (double[][] Clean, double[][] Adversarial) Probabilities(Classifier network, AdversarialSet set) =>
        (Probabilities(network, set, Array.ConvertAll(set.X, b => b / 255f)), Probabilities(network, set, set.XAdv));

    /// <summary>
    /// Writes the arrays <c>x</c> uint8 N×C×H×W, <c>x_adv</c> float32 M×N×C×H×W, <c>y</c> int64 N, <c>pred</c> and <c>pred_adv</c> int64 M×N as a .npz that
    /// <c>numpy.load</c> reads, M being the number of sets.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="sets">For each model the set that was made on it, all of the same clean images; at least one.</param>
    /// <exception cref="DqException">DQ6004: the file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<AdversarialSet> sets)
    {
        var first = sets[0];
        int[] images = [first.Count, first.Channels, first.Height, first.Width];
        int[] predictions = [sets.Count, first.Count];
        Npz.Write(
            path,
            [
                NpzArray.Of("x", first.X, images),
                NpzArray.Of("x_adv", sets.SelectMany(set => set.XAdv).ToArray(), [sets.Count, .. images]),
                NpzArray.Of("y", first.Y, [first.Count]),
                NpzArray.Of("pred", sets.SelectMany(set => set.Pred).ToArray(), predictions),
                NpzArray.Of("pred_adv", sets.SelectMany(set => set.PredAdv).ToArray(), predictions),
            ]);
    }

    private static double[][] Probabilities(Classifier network, AdversarialSet set, float[] images)
    {
        var device = network.parameters().First().device;
        var size = set.Channels * set.Height * set.Width;
        var all = new List<double[]>(set.Count);
        foreach (var chunk in images.Chunk(Batch * size))
        {
            using var scope = NewDisposeScope();
            all.AddRange(Predictor.Probabilities(network, tensor(chunk, [chunk.Length / size, set.Channels, set.Height, set.Width], ScalarType.Float32).to(device)));
        }

        return [.. all];
    }
}
