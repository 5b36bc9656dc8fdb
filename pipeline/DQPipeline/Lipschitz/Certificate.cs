using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Lipschitz;

/// <summary>
/// For each image a radius within which no change, measured in L2, can take its label: a proof and no attack. A margin m_j = z_y − z_j moves by no more than ‖w_y − w_j‖·L for a change of length 1, with L
/// the Lipschitz constant of the features before the linear layer, so that the label stands within min over j of m_j/(‖w_y − w_j‖·L) (Leino et al. 2021; Tsuzuku et al. 2018 have m/(√2·L) with L of all logits, which
/// is never larger). L is <see cref="LipschitzAccount.Features"/>, the sound bound, never an estimate.
/// </summary>
public sealed class Certificate
{
    /// <summary>Stands for zero where one divides by it.</summary>
    private const double Least = 1e-300;

    private Certificate(bool[] right, double[] radii, double[] uniform) => (Right, Radii, UniformRadii) = (right, radii, uniform);

    /// <summary>Whether each image gets its true label.</summary>
    public IReadOnlyList<bool> Right { get; }

    /// <summary>The radius of each image in pixel units of 0–255; 0 of one that is labelled wrongly.</summary>
    public IReadOnlyList<double> Radii { get; }

    /// <summary>m/(√2·L) in pixel units, L being <see cref="LipschitzAccount.Logits"/>: the plainer certificate, for comparison.</summary>
    public IReadOnlyList<double> UniformRadii { get; }

    /// <summary>Images labelled rightly.</summary>
    public int Correct => Right.Count(right => right);

    /// <summary>The radius that so large a share of the images has or exceeds: 0.5 gives the median.</summary>
    /// <param name="share">Above 0, at most 1.</param>
    public double RadiusOf(double share)
    {
        var falling = Radii.OrderDescending().ToList();
        return falling[Math.Clamp((int)Math.Ceiling(share * falling.Count) - 1, 0, falling.Count - 1)];
    }

    /// <summary>Images that are labelled rightly whatever change of at most this length is made to them.</summary>
    /// <param name="radius">In pixel units; 0 asks for the label alone.</param>
    public int CertifiedAt(double radius) => radius == 0 ? Correct : Radii.Count(own => own >= radius);

    /// <summary>
    /// Whether the certificate is about no image but those that it was drawn up for: the least change of an image of bytes, one value by one unit, has length 1, and no radius reaches it.
    /// </summary>
    public bool IsVacuous => Radii.All(radius => radius < 1);

    /// <summary>Certifies images.</summary>
    /// <param name="network">The network without quantizers: <see cref="LipschitzAccount.Unquantized"/>.</param>
    /// <param name="account">Its account.</param>
    /// <param name="split">The images.</param>
    /// <param name="samples">Which of them, by index; at least one.</param>
    /// <param name="batch">Images a pass, from 1.</param>
    /// <param name="cancellation">Checked before each batch.</param>
    /// <exception cref="ArgumentException">The network has quantizers, about which its account says nothing.</exception>
    /// <exception cref="DqException">DQ2005: the images do not suit the network. DQ3004: its outputs are not finite numbers.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Certificate Of(Classifier network, LipschitzAccount account, ImageSplit split, IReadOnlyList<int> samples, int batch = 250, CancellationToken cancellation = default)
    {
        if (network.Description.Activation.IsQuantized)
            throw new ArgumentException("A network with quantizers has no Lipschitz constant; certify the one without them.", nameof(network));
        var batches = new ImageBatches(network.Description, split, samples, batch, network.parameters().First().device);
        var (right, radii, uniform) = (new bool[batches.Count], new double[batches.Count], new double[batches.Count]);
        foreach (var chunk in Enumerable.Range(0, batches.Count).Chunk(batches.Size))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var logits = Predictor.ToArray<double>(Predictor.Logits(network, batches.Load(chunk).Images).to(ScalarType.Float64));
            for (var i = 0; i < chunk.Length; i++)
            {
                var own = logits.AsSpan(i * account.Classes, account.Classes);
                var image = chunk[i];
                (radii[image], uniform[image]) = RadiiOf(own, (int)batches.Classes[image], account);
                right[image] = IsRight(own, (int)batches.Classes[image]);
            }
        }

        return new(right, radii, uniform);
    }

    /// <summary>As argmax has it: of equal logits the first.</summary>
    private static bool IsRight(ReadOnlySpan<double> logits, int label)
    {
        for (var j = 0; j < logits.Length; j++)
        {
            if (j < label ? logits[j] >= logits[label] : logits[j] > logits[label])
                return false;
        }

        return true;
    }

    private static (double Pairs, double Uniform) RadiiOf(ReadOnlySpan<double> logits, int label, LipschitzAccount account)
    {
        var (pairs, margin) = (double.MaxValue, double.MaxValue);
        for (var j = 0; j < logits.Length; j++)
        {
            if (j == label)
                continue;
            var own = logits[label] - logits[j];
            margin = Math.Min(margin, own);
            // Two equal rows keep their distance whatever the features are.
            pairs = Math.Min(pairs, own / Math.Max(Least, account.Distances[(label * account.Classes) + j] * account.Features));
        }

        return margin <= 0 ? (0, 0) : (InPixels(pairs), InPixels(margin / Math.Max(Least, Math.Sqrt(2) * account.Logits)));
    }

    /// <summary>Finite, so that it can be written down.</summary>
    private static double InPixels(double radius) => Math.Min(double.MaxValue, radius * 255);
}
