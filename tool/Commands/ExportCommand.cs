using System.CommandLine;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Native;
using DQPipeline.Onnx.Quantization;
using DQPipeline.Targets.Graph;
using DQPipeline.Tool.Terminal;
using DQPipeline.Tool.Working;

namespace DQPipeline.Tool.Commands;

internal static class ExportCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A trained model, .safetensors; or the name of one in this folder's dq.json." }.OfModels();
        var file = new Option<string>("--onnx") { Description = "The .onnx to write: x in, logits out, the batch dynamic.", HelpName = "FILE", Required = true };
        var floats = new Option<bool>("--float") { Description = "Float arithmetic, quantizers as rounding. Default: the integer model." };
        var input = new Option<string>("--input") { Description = "What the integer model takes: float in [0,1], or uint8 pixels.", HelpName = "float|uint8", DefaultValueFactory = _ => "float" };
        input.AcceptOnlyFromAmong("float", "uint8");
        var bits = new Option<int>("--bits") { Description = "Bits of activations that were trained in full precision, 1 to 8.", HelpName = "B", DefaultValueFactory = _ => 8 };
        bits.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 8)
                result.AddError("--bits should be from 1 to 8");
        });
        var data = new Option<string?>("--data") { Description = "Training images by which ranges are found and weights are rounded: a data set of the dq.json that owns MODEL, or an image folder or .zip. Default: what it was trained on.", HelpName = "DATASET" };
        var command = new Command("export", """
            Write a trained model as an ONNX file.

            Example:
              dq export dq --onnx dq.onnx
            """) { model, file, floats, input, bits, data };
        command.Validators.Add(result =>
        {
            // A float model takes floats, and nothing in it is rounded that images would have a say in.
            Option[] ofIntegers = [input, bits, data];
            if (result.GetValue(floats) && Array.Find(ofIntegers, option => result.GetResult(option) is { Implicit: false }) is { } given)
                result.AddError($"{given.Name} is for integer models; leave it out, or leave out --float");
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = ModelFiles.Find(parsed.GetValue(model)!, TrainTarget.ModelFile);
            var target = parsed.GetValue(file)!;
            OutFile.Prepare(target);
            await Backend.EnsureAsync(cancellation);
            NativeBackend.Load();
            using var network = ModelFile.Load(path);
            var training = ModelFile.ReadDescription(path).Training;
            if (parsed.GetValue(floats))
            {
                OnnxFile.SaveFloat(target, network, training);
            }
            else
            {
                var declared = new QuantizeDeclaration { Input = parsed.GetValue(input)!, Bits = parsed.GetValue(bits) };
                var graph = LayerGraphs.Of(network);
                var images = Images(path, parsed.GetValue(data), network.Description, required: IntegerPlan.Calibrated(graph).Count > 0, cancellation);
                var calibration = images is null ? CalibrationResult.None : ModelCalibration.Run(graph, declared, images.Train, Environment.ProcessorCount, cancellation);
                OnnxFile.SaveInteger(target, network, training, calibration, key: "", declared);
            }

            Output.Line($"dq: wrote {target} ({Words.Bytes(new FileInfo(target).Length)})");
            return DqCommand.Done;
        });
        return command;
    }

    /// <summary>Training images by which ranges are found and weights are rounded; null where there are none and the network can do without.</summary>
    private static ImageDataset? Images(string model, string? data, Networks.NetworkDescription network, bool required, CancellationToken cancellation)
    {
        DatasetDeclaration? declared;
        try
        {
            declared = data is not null ? ModelFiles.DatasetOf(model, data) : ModelFiles.TrainedOn(model);
        }
        catch (DqException failure) when (data is null && !required)
        {
            return Without(failure.Diagnostics[0].ToString());
        }

        if (declared is null)
        {
            return !required ? Without("no dq.json says what it was trained on")
                : throw new DqException(DiagnosticCodes.CannotExport, $"{model} needs images to calibrate its residual sums or activations by, and no dq.json says what it was trained on; name them by --data, or export it with --float");
        }

        try
        {
            var images = ModelInput.Data(declared, ModelFiles.WorkspaceOf(model), cancellation);
            DataCheck.Require(network, images);
            return images;
        }
        catch (DqException failure) when (data is null && !required && failure.Diagnostics.All(diagnostic => diagnostic.Code == DiagnosticCodes.DataMissing))
        {
            return Without(failure.Diagnostics[0].Message);
        }
    }

    private static ImageDataset? Without(string why)
    {
        Output.Line($"dq: there are no training images at hand, so each weight is rounded to its nearest; with --data the integer model keeps closer to the trained one: {why}");
        return null;
    }
}
