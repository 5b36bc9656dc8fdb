using DQPipeline.Attacks;
using DQPipeline.Attacks.Scores;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Onnx.Inference;
using DQPipeline.Tool.Terminal;
using DQPipeline.Tool.Working;

namespace DQPipeline.Tool.Commands;

/// <summary>`dq attack` of an .onnx file, ours or not, by ONNX Runtime alone: libtorch need not be there.</summary>
internal static class OnnxAttack
{
    /// <summary>Refuses what an .onnx file cannot do.</summary>
    /// <exception cref="DqException">DQ1004: the attack asks for more than scores, or a GPU is asked for.</exception>
    public static void Require(AttackDeclaration attack, string device)
    {
        if (attack.FollowsGradient())
            throw new DqException(DiagnosticCodes.OutOfRange, $"--attack {attack.Kind} follows a gradient, and an .onnx file gives none; square is the attack that needs none");
        if (!attack.AsksForScores())
            throw new DqException(DiagnosticCodes.OutOfRange, $"--attack {attack.Kind} is made on .safetensors files alone; on an .onnx file use square");
        if (device == "cuda")
            throw new DqException(DiagnosticCodes.OutOfRange, "--device cuda: .onnx files run on the processor; leave it out");
    }

    /// <summary>Attacks the model of a file.</summary>
    /// <param name="task">What to do.</param>
    /// <param name="options">What the user says of the file.</param>
    /// <param name="given">The names of the options that said so.</param>
    /// <param name="cancellation">Checked before each query.</param>
    public static AdversarialSet Run(AttackTask task, ForeignModelOptions options, IReadOnlyList<string> given, CancellationToken cancellation)
    {
        if (DeployedModel.IsOurs(task.Path))
        {
            ForeignOptions.RefuseFor(task.Path, given);
            using var model = DeployedModel.Load(task.Path);
            DataCheck.Require(model.Info, task.Images);
            return Attack(task, ScoredModel.Of(model), cancellation);
        }

        var (shape, shown) = ((task.Images.Channels, task.Images.Height, task.Images.Width), task.Samples.Take(ForeignModel.Examples));
        using var foreign = ForeignModel.Load(task.Path, shape, [.. shown.SelectMany(i => task.Images.Test.Image(i).ToArray())], options);
        if (foreign.Classes < task.Images.Labels.Count)
            throw new DqException(DiagnosticCodes.DataUnfit, $"{task.Path} knows {foreign.Classes} classes, and the data have {task.Images.Labels.Count}; class numbers are the data's in order");
        if (!task.IsQuiet)
            Describe(task, foreign);
        return Attack(task, ScoredModel.Of(foreign), cancellation);
    }

    private static AdversarialSet Attack(AttackTask task, ScoredModel model, CancellationToken cancellation)
    {
        if (model.OnPixelGrid && task.Attack.Parts[0].Norm == Norm.Linf && task.Epsilon != Math.Floor(task.Epsilon) && !task.IsQuiet)
            Output.Line($"dq: the model takes whole pixels, which an ε of {Words.Epsilon(task.Epsilon)} changes by at most {Words.Epsilon(Math.Floor(task.Epsilon))}");
        return new ScoreEvaluator(model, task.Images.Test, task.Samples, task.Seed).Adversarial(task.Attack, task.Epsilon, task.Progress, cancellation);
    }

    /// <summary>What was told from the file or guessed: a wrong guess shows here and in the clean accuracy.</summary>
    private static void Describe(AttackTask task, ForeignModel model)
    {
        var scale = model.Scale switch { PixelScale.Pixels => "0 to 255", PixelScale.Signed => "[-1,1]", _ => "[0,1]" };
        var layout = model.Layout == ImageLayout.Nchw ? "nchw" : "nhwc";
        Output.Line($"dq: {task.Path} is shown images {model.Channels}×{model.Height}×{model.Width} as {layout} in {scale}, and knows {model.Classes} classes");
        if (model.GivesProbabilities)
            Output.Line("dq: it gives probabilities; the attack goes by their logarithms");
        if (model.MindsTheBatch)
            Output.Line("dq: it answers an image by the others of its batch, so it is shown one at a time");
    }
}
