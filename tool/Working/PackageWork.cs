using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.ML;
using DQPipeline.ML.Packaging;
using DQPipeline.Onnx.Inference;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Workers;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.Tool.Working;

/// <summary>Writes a model in the forms in which apps take it, and holds what ML.NET reads back against the model itself.</summary>
internal static class PackageWork
{
    private const int Images = 16;

    public static DoneEvent Run(PackageJob job, WorkerChannel channel)
    {
        var declared = Declaration.FromJson<PackageDeclaration>(job.Package);
        var file = ModelOf(job);
        using var model = DeployedModel.Load(file, job.Model.Name, new() { Threads = job.Threads });
        foreach (var format in declared.Formats)
        {
            channel.Stop.ThrowIfCancellationRequested();
            channel.Send(new ProgressEvent { Phase = format });
            var path = Path.Combine(job.OutputFolder, PackageTarget.FileOf(format));
            switch (format)
            {
                case PackageDeclaration.Mlnet:
                    ModelPackage.Write(path, file, Options(declared));
                    if (model.Info.Channels is 1 or 3)
                        Compare<string>(path, model, label => label);
                    break;
                case PackageDeclaration.Stock:
                    StockPackage.Write(path, file, model.Info);
                    Compare<VBuffer<ReadOnlyMemory<char>>>(path, model, label => label.GetItemOrDefault(0).ToString());
                    break;
                default:
                    AtomicFile.Write(path, stream => stream.Write(file));
                    break;
            }
        }

        PackageFile.Write(job.OutputFolder, model.Info);
        return new DoneEvent { Outputs = [.. declared.Formats.Select(PackageTarget.FileOf), PackageTarget.InfoFile] };
    }

    private static DefensiveQuantizationOptions Options(PackageDeclaration declared) => new()
    {
        ProbabilityColumnName = "Probability",
        IsAdversarialColumnName = declared.Detector.IsActive ? "IsAdversarial" : null,
        Detector = declared.Detector.IsActive ? declared.Detector : new DefensiveQuantizationOptions().Detector,
    };

    /// <summary>An integer model as it is; a trained one in float arithmetic.</summary>
    private static byte[] ModelOf(PackageJob job)
    {
        ModelInput.Verify(job.Model.Path, job.Model.Sha256);
        if (ModelInput.IsDeployed(job.Model.Path))
            return File.ReadAllBytes(job.Model.Path);
        using var network = ModelFile.Load(job.Model.Path);
        return OnnxFile.Float(network, ModelFile.ReadDescription(job.Model.Path).Training);
    }

    /// <summary>Loads what was written as an app would, and asks it about images of noise.</summary>
    private static void Compare<TLabel>(string path, DeployedModel model, Func<TLabel, string> text)
    {
        var (info, random) = (model.Info, new Random(2019));
        var pixels = new byte[Images * info.ImageSize];
        random.NextBytes(pixels);
        var logits = new float[Images * info.Labels.Count];
        model.Run(pixels, logits);
        var expected = logits.Chunk(info.Labels.Count).Select(row => info.Labels[Array.IndexOf(row, row.Max())]);
        var context = new MLContext(seed: 1);
        var loaded = context.Model.Load(path, out _);
        var labels = loaded.Transform(new PictureView(pixels, info)).GetColumn<TLabel>("PredictedLabel").Select(text).ToArray();
        (loaded as IDisposable)?.Dispose();
        if (!expected.SequenceEqual(labels))
            throw new DqException(DiagnosticCodes.Internal, $"{Path.GetFileName(path)} says something else than the model that it was made of; please report this");
    }
}
