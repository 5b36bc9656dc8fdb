using System.Globalization;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Evaluation;
using DQPipeline.Export;
using DQPipeline.Networks;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Workers;
using TorchSharp;

namespace DQPipeline.Tool.Working;

/// <summary>Makes the integer model of a trained one and compares the two on the same test images.</summary>
internal static class QuantizeWork
{
    public static DoneEvent Run(QuantizeJob job, WorkerChannel channel)
    {
        var cancellation = channel.Stop;
        torch.set_num_threads(job.Threads);
        channel.Send(new ProgressEvent { Phase = "loading" });
        var declared = Declaration.FromJson<QuantizeDeclaration>(job.Quantize);
        var dataset = ModelInput.Data(job, channel);
        using var network = ModelInput.Load(job.Model.Path, job.Model.Sha256, job.Device, dataset);
        channel.Send(new ProgressEvent { Phase = "calibrating" });
        var path = Path.Combine(job.OutputFolder, QuantizeTarget.ModelFile);
        var calibration = ModelCalibration.Run(LayerGraphs.Of(network), declared, dataset.Train, job.Threads, cancellation);
        OnnxFile.SaveInteger(path, network, ModelFile.ReadDescription(job.Model.Path).Training, calibration, job.Key, declared);
        return Compare(path, network, declared, dataset, job, channel);
    }

    private static DoneEvent Compare(string path, Classifier network, QuantizeDeclaration declared, ImageDataset dataset, QuantizeJob job, WorkerChannel channel)
    {
        var samples = ModelInput.Sample(dataset, declared.Samples, declared.Seed);
        var trained = new Evaluator(network, dataset.Test, samples).Predictions(new CellProgress(channel, "trained model"), channel.Stop);
        using var model = Onnx.Inference.DeployedModel.Load(path, new() { Threads = job.Threads });
        var deployed = new DeployedEvaluator(model, dataset.Test, samples).CleanPredictions(new CellProgress(channel, "integer model"), channel.Stop);
        var (trainedCorrect, correct, agreeing) = (0, 0, 0);
        for (var i = 0; i < samples.Length; i++)
        {
            var actual = dataset.Test.Classes[samples[i]];
            trainedCorrect += trained[i] == actual ? 1 : 0;
            correct += deployed[i] == actual ? 1 : 0;
            agreeing += trained[i] == deployed[i] ? 1 : 0;
        }

        // Counted and not measured in floating point: 0.5 points of 1,000 images are exactly five.
        if ((trainedCorrect - correct) * 100.0 > declared.MaxLoss * samples.Length)
        {
            throw new DqException(
                DiagnosticCodes.QuantizationLoss,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the integer model is right about {Percent(correct)} of {samples.Length} images and {job.Model.Name} about {Percent(trainedCorrect)}, which is more than {declared.MaxLoss} points less; use more \"bits\", another \"calibration\", or allow more by \"maxLoss\""));
        }

        channel.Send(new MessageEvent(string.Create(CultureInfo.InvariantCulture, $"{Percent(correct)} of {samples.Length} images are right, {Percent(trainedCorrect)} in the trained model; {Percent(agreeing)} have the same label in both")));
        return new DoneEvent
        {
            Outputs = [QuantizeTarget.ModelFile],
            Metrics = new Dictionary<string, double> { ["agreeing"] = agreeing, ["correct"] = correct, ["samples"] = samples.Length, ["trainedCorrect"] = trainedCorrect },
        };

        string Percent(int count) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * count / samples.Length:0.0#} %");
    }
}
