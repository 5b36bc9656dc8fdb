using DQPipeline.Attacks;
using DQPipeline.Attacks.Objectives;
using DQPipeline.Native;
using static TorchSharp.torch;

namespace DQPipeline.Evaluation;

public sealed partial class Evaluator
{
    /// <summary>Whether there is a gradient to be followed, and a loss that float32 can tell from 0, at the clean images that are right.</summary>
    private GradientHealth CleanHealth(bool[] correct, Passes passes, CancellationToken cancellation)
    {
        var objective = new CrossEntropy();
        var (zero, saturated) = (0, 0);
        foreach (var chunk in Enumerable.Range(0, batches.Count).Where(i => correct[i]).Chunk(batches.Size))
        {
            using var scope = NewDisposeScope();
            using var frozen = new FrozenNetwork(network);
            using var noGrad = no_grad();
            var batch = batches.Load(chunk);
            var (logits, gradient) = new Victim(network, 1, null, cancellation).Follow(batch.Images, z => objective.Slope(z, batch.Classes, null));
            var alive = Predictor.ToArray<bool>(gradient.flatten(1).any(1, false));
            var lossless = Predictor.ToArray<bool>(logits.log_softmax(1).gather(1, batch.Classes.unsqueeze(1)).squeeze(1).eq(Number.Of(0)));
            zero += alive.Take(chunk.Length).Count(one => !one);
            saturated += lossless.Take(chunk.Length).Count(one => one);
            passes.Add(chunk.Length);
        }

        return new GradientHealth(zero, saturated, null);
    }
}
