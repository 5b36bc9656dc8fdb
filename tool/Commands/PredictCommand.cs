using System.CommandLine;
using DQPipeline.Imaging;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Tool.Terminal;
using DQPipeline.Tool.Working;

namespace DQPipeline.Tool.Commands;

internal static class PredictCommand
{
    private const int Batch = 64;

    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model, .safetensors, .onnx or .zip; or the name of one in this folder's dq.json." }.OfModels();
        var images = new Argument<string[]>("IMAGE") { Description = "JPEG or PNG files; another size than the model's is resized.", Arity = ArgumentArity.OneOrMore }.NoOption();
        var json = new Option<bool>("--json") { Description = "Print an array of { image, label, score, scores } on standard output." };
        var command = new Command("predict", """
            Say what images show: a label and its probability for each.

            Example:
              dq predict dq-int8 photo.jpg
            """) { model, images, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var file = ModelFiles.Find(parsed.GetValue(model)!, QuantizeTarget.ModelFile, PackageTarget.MlnetFile, TrainTarget.ModelFile);
            if (ImageClassifier.NeedsBackend(file))
                await Backend.EnsureAsync(cancellation);
            using var classifier = ImageClassifier.Open(file);
            var (answers, failures) = (new List<Prediction>(), new List<Diagnostic>());
            foreach (var chunk in parsed.GetValue(images)!.Chunk(Batch))
            {
                cancellation.ThrowIfCancellationRequested();
                answers.AddRange(Predict(classifier, chunk, failures));
            }

            if (parsed.GetValue(json))
                Output.Data(ToolJson.Predictions(answers));
            else
                PredictionTable.Print(answers);
            // An image that cannot be read does not keep the others from being looked at.
            return failures.Count == 0 ? DqCommand.Done : throw new DqException(failures);
        });
        return command;
    }

    private static IEnumerable<Prediction> Predict(ImageClassifier classifier, string[] files, List<Diagnostic> failures)
    {
        var (read, pixels) = (new List<string>(), new List<byte>());
        foreach (var file in files)
        {
            try
            {
                pixels.AddRange(ImageFiles.Load(file, classifier.Channels, classifier.Height, classifier.Width));
                read.Add(file);
            }
            catch (DqException failure)
            {
                failures.AddRange(failure.Diagnostics);
            }
        }

        return read.Count == 0 ? [] : read.Zip(classifier.Probabilities([.. pixels]), (file, scores) => Prediction.Of(file, classifier.Labels, scores));
    }
}
