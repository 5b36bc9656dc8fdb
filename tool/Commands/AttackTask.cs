using DQPipeline.Attacks;
using DQPipeline.Data;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

/// <summary>What `dq attack` is to do, whatever the model's file.</summary>
/// <param name="Path">The model.</param>
/// <param name="Attack">The attack.</param>
/// <param name="Epsilon">Strength ε in pixel units.</param>
/// <param name="Images">The data.</param>
/// <param name="Samples">Which of the test images, by number.</param>
/// <param name="Seed">Seed of random starts.</param>
/// <param name="Progress">Told how far it is.</param>
/// <param name="IsQuiet">Whether nothing but diagnostics is printed.</param>
internal sealed record AttackTask(string Path, Attack Attack, double Epsilon, ImageDataset Images, int[] Samples, int Seed, EvaluationView Progress, bool IsQuiet);
