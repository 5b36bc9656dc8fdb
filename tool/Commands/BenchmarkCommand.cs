using System.CommandLine;
using System.Diagnostics;
using DQPipeline.Targets.Graph;
using DQPipeline.Tool.Terminal;
using DQPipeline.Tool.Working;

namespace DQPipeline.Tool.Commands;

internal static class BenchmarkCommand
{
    private const int Batch = 64;

    /// <summary>A measurement lasts at least so long, so that the clock and a single interruption weigh little.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        var models = new Argument<string[]>("MODEL") { Description = "Models, .safetensors or .onnx; or names in this folder's dq.json. The first is what the others are held against.", Arity = ArgumentArity.OneOrMore }.OfModels();
        var threads = new Option<int>("--threads") { Description = "Processor threads, 1 to 256.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds in which each model has its turn; medians count. 1 to 1000.", HelpName = "N", DefaultValueFactory = _ => 7 };
        var json = new Option<bool>("--json") { Description = "Print an array of { model, bytes, milliseconds1, milliseconds64, imagesPerSecond } on standard output." };
        Within(threads, 256);
        Within(rounds, 1000);
        var command = new Command("benchmark", """
            Measure models side by side: latency of one image and of 64, images a second, size.

            Example:
              dq benchmark dq.onnx dq-int8
            """) { models, threads, rounds, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var files = parsed.GetValue(models)!.Select(model => (Name: model, Path: ModelFiles.Find(model, QuantizeTarget.ModelFile, PackageTarget.MlnetFile, TrainTarget.ModelFile))).ToList();
            if (files.Exists(file => ImageClassifier.NeedsBackend(file.Path)))
                await Backend.EnsureAsync(cancellation);
            var contenders = new List<Contender>();
            try
            {
                foreach (var (name, path) in files)
                    contenders.Add(new Contender(name, new FileInfo(path).Length, ImageClassifier.Open(path, parsed.GetValue(threads))));
                foreach (var contender in contenders)
                    contender.WarmUp();
                for (var round = 0; round < parsed.GetValue(rounds); round++)
                {
                    // Another one begins each round, so that none always follows the same one.
                    for (var turn = 0; turn < contenders.Count; turn++)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        contenders[(round + turn) % contenders.Count].Measure();
                    }
                }

                var results = contenders.ConvertAll(contender => contender.Result());
                if (parsed.GetValue(json))
                    Output.Data(ToolJson.Speeds(results));
                else
                    SpeedTable.Print(results, parsed.GetValue(threads));
                return DqCommand.Done;
            }
            finally
            {
                contenders.ForEach(contender => contender.Dispose());
            }
        });
        return command;
    }

    private static void Within(Option<int> option, int most) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is var value && (value < 1 || value > most))
            result.AddError($"{option.Name} should be from 1 to {most}, not {value}");
    });

    /// <summary>Pixels in, probabilities out: what an application waits for.</summary>
    private sealed class Contender(string name, long bytes, ImageClassifier classifier) : IDisposable
    {
        private readonly byte[] one = Noise(classifier, 1);
        private readonly byte[] many = Noise(classifier, Batch);
        private readonly List<double> single = [];
        private readonly List<double> batched = [];

        public void WarmUp()
        {
            _ = Milliseconds(one);
            _ = Milliseconds(many);
        }

        public void Measure()
        {
            single.Add(Milliseconds(one));
            batched.Add(Milliseconds(many));
        }

        public ModelSpeed Result()
        {
            var (latency, batch) = (Median(single), Median(batched));
            return new(name, bytes, latency, batch, Batch * 1000 / batch);
        }

        public void Dispose() => classifier.Dispose();

        private double Milliseconds(byte[] pixels)
        {
            var runs = 0;
            var start = Stopwatch.GetTimestamp();
            do
            {
                _ = classifier.Probabilities(pixels);
                runs++;
            }
            while (Stopwatch.GetElapsedTime(start) < Least);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds / runs;
        }

        private static byte[] Noise(ImageClassifier classifier, int images)
        {
            var pixels = new byte[images * classifier.Channels * classifier.Height * classifier.Width];
            new Random(2019).NextBytes(pixels);
            return pixels;
        }

        private static double Median(List<double> values)
        {
            double[] sorted = [.. values.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }
}
