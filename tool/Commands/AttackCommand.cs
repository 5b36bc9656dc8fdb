using System.CommandLine;
using DQPipeline.Attacks;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Export;
using DQPipeline.Native;
using DQPipeline.Targets.Graph;
using DQPipeline.Tool.Terminal;
using DQPipeline.Tool.Working;
using TorchSharp;

namespace DQPipeline.Tool.Commands;

internal static class AttackCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model: .safetensors, or for square an .onnx, ours or not; or the name of one in this folder's dq.json." }.OfModels();
        var data = new Option<string>("--data") { Description = "A data set of the dq.json that owns MODEL (the nearest above it), or the path of an image folder or .zip.", HelpName = "DATASET", Required = true };
        var attack = new Option<string>("--attack") { Description = $"One of {string.Join(", ", AttackFactory.Kinds)}.", HelpName = "NAME", Required = true };
        attack.AcceptOnlyFromAmong([.. AttackFactory.Kinds]);
        var epsilon = new Option<double>("--epsilon") { Description = "Strength ε in pixel units, 0 to 255.", HelpName = "E", Required = true };
        var steps = new Option<int>("--steps") { Description = "Steps. Default: of bim and pgd the paper's ⌊min(ε+4, 1.25·ε)⌋, of apgd and fab-t 100.", HelpName = "N" };
        var alpha = new Option<double>("--alpha") { Description = "Step size α of bim and pgd in pixel units.", HelpName = "A", DefaultValueFactory = _ => 1 };
        var restarts = new Option<int>("--restarts") { Description = "Independent starts, of which the most harmful counts for each image.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var queries = new Option<int>("--queries") { Description = "How often square may show an image to the model.", HelpName = "N", DefaultValueFactory = _ => new AttackDeclaration().Queries };
        var loss = OneOf("--loss", "What fgsm, r+fgsm, bim and pgd raise: cross-entropy, margin or dlr.", "LOSS", AttackDeclaration.Losses);
        var norm = OneOf("--norm", "The norm of the ball, linf or l2.", "NORM", AttackDeclaration.Norms);
        var backward = OneOf("--backward", "What quantizers let through backwards: clipped as in training, straight, smooth, or all in turn.", "PASS", AttackDeclaration.BackwardPasses);
        var samples = new Option<int>("--samples") { Description = "Test images attacked, a seeded class-balanced sample; 0 takes all.", HelpName = "N", DefaultValueFactory = _ => 1000 };
        var seed = new Option<int>("--seed") { Description = "Seed of the sample and of random starts.", HelpName = "S", DefaultValueFactory = _ => 2019 };
        var file = new Option<string>("--out") { Description = "The .npz to write: x uint8 NCHW, x_adv float32 in [0,1], y, pred and pred_adv int64.", HelpName = "FILE.npz", Required = true };
        var foreign = new ForeignOptions();
        var device = CommonOptions.Device();
        var quiet = CommonOptions.Quiet();
        Range(epsilon, 0, 255);
        Range(steps, 0, 100_000);
        Range(alpha, 0.001, 255);
        Range(restarts, 1, 1000);
        Range(queries, 1, 1_000_000);
        Range(samples, 0, int.MaxValue);
        Range(seed, 0, int.MaxValue);
        var command = new Command("attack", """
            Attack a model and keep the adversarial images for other programs to check.

            Examples:
              dq attack .dq/out/dq/model.safetensors --data street --attack pgd --epsilon 8 --out pgd8.npz
              dq attack resnet.onnx --data photos --attack square --epsilon 4 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --out square4.npz
            """) { model, data, attack, epsilon, steps, alpha, restarts, queries, loss, norm, backward, samples, seed, file, device, quiet };
        foreign.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var declaration = new AttackDeclaration
            {
                Kind = parsed.GetValue(attack)!,
                Name = parsed.GetValue(attack)!,
                Steps = parsed.GetValue(steps),
                Alpha = parsed.GetValue(alpha),
                Restarts = parsed.GetValue(restarts),
                Queries = parsed.GetValue(queries),
                Loss = parsed.GetValue(loss)!,
                Norm = parsed.GetValue(norm)!,
                Backward = parsed.GetValue(backward)!,
            };
            var made = AttackFactory.Create(declaration);
            var path = ModelFiles.Find(parsed.GetValue(model)!, TrainTarget.ModelFile, QuantizeTarget.ModelFile);
            var isDeployed = ModelInput.IsDeployed(path);
            if (isDeployed)
                OnnxAttack.Require(declaration, parsed.GetValue(device)!);
            else
                ForeignOptions.RefuseFor(path, foreign.Given(parsed));
            var dataset = ModelFiles.DatasetOf(path, parsed.GetValue(data)!);
            OutFile.Prepare(parsed.GetValue(file)!);
            if (!isDeployed)
                await Backend.EnsureAsync(cancellation);
            var images = ModelInput.Data(dataset, ModelFiles.WorkspaceOf(path), cancellation);
            var chosen = ModelInput.Sample(images, parsed.GetValue(samples), parsed.GetValue(seed));
            var progress = new EvaluationView(parsed.GetValue(quiet), declaration.Kind);
            var task = new AttackTask(path, made, parsed.GetValue(epsilon), images, chosen, parsed.GetValue(seed), progress, parsed.GetValue(quiet));
            AdversarialSet set;
            try
            {
                set = isDeployed ? OnnxAttack.Run(task, foreign.Read(parsed), foreign.Given(parsed), cancellation) : Trained(task, parsed.GetValue(device)!, cancellation);
            }
            finally
            {
                progress.End();
            }

            set.Write(parsed.GetValue(file)!);
            if (!parsed.GetValue(quiet))
                Report(set, declaration, parsed.GetValue(file)!);
            return DqCommand.Done;
        });
        return command;
    }

    private static AdversarialSet Trained(AttackTask task, string device, CancellationToken cancellation)
    {
        _ = NativeHeap.KeepFreed();
        NativeBackend.Load();
        torch.set_num_threads(Environment.ProcessorCount);
        using var network = ModelFile.Load(task.Path).to(Devices.ResolveExact(device));
        DataCheck.Require(network.Description, task.Images);
        return new Evaluator(network, task.Images.Test, task.Samples, seed: task.Seed).AdversarialForOthers(task.Attack, task.Epsilon, task.Progress, cancellation);
    }

    private static void Report(AdversarialSet set, AttackDeclaration attack, string file)
    {
        var clean = set.Pred.Zip(set.Y).Count(pair => pair.First == pair.Second);
        var attacked = set.PredAdv.Zip(set.Y).Count(pair => pair.First == pair.Second);
        Output.Line($"dq: {Words.Count(set.Count, "image")}: clean {Words.Percent((double)clean / set.Count)}, {attack.Kind} at ε = {Words.Epsilon(set.Epsilon)} {Words.Percent((double)attacked / set.Count)}; wrote {file}");
    }

    private static Option<string> OneOf(string name, string description, string help, IReadOnlyList<string> words)
    {
        var option = new Option<string>(name) { Description = description, HelpName = help, DefaultValueFactory = _ => words[0] };
        option.AcceptOnlyFromAmong([.. words]);
        return option;
    }

    private static void Range<T>(Option<T> option, double min, double max) => option.Validators.Add(result =>
    {
        foreach (var token in result.Tokens)
        {
            if (!double.TryParse(token.Value, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var value) || !(value >= min && value <= max))
                result.AddError(FormattableString.Invariant($"{option.Name} should be from {min} to {max}, not \"{token.Value}\""));
        }
    });
}
