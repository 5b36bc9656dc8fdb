using System.Security.Cryptography;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Defenses;
using DQPipeline.Evaluation;
using DQPipeline.Export;
using DQPipeline.Native;
using DQPipeline.Networks;
using DQPipeline.Onnx.Inference;
using DQPipeline.Targets;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;
using DQPipeline.Tool.Terminal;
using TorchSharp;

namespace DQPipeline.Tool.Working;

/// <summary>Loads what a job reads, and holds it against what the job promised.</summary>
internal static class ModelInput
{
    /// <summary>The data set of a job.</summary>
    /// <exception cref="DqException">DQ2xxx: the data are missing or unfit. DQ6004: the cache of decoded images cannot be written.</exception>
    public static ImageDataset Data(WorkerJob job, WorkerChannel channel)
    {
        var data = Datasets.Load(
            Declaration.FromJson<DatasetDeclaration>(job.Dataset),
            job is { ImagesFolder: { } folder, DataHash: { } content } ? new ImageCache(folder, content) { OnWarning = channel.Send } : null,
            channel.Stop);
        WorkerLook.Check(job, channel.Stop);
        return data;
    }

    /// <summary>
    /// The data set of a declaration, for a command that works in this process. Decoded images are kept in the pipeline's cache, where builds have left or will find the same; without a pipeline, or where
    /// nothing can be written, they are held in memory.
    /// </summary>
    /// <exception cref="DqException">DQ2xxx: the data are missing or unfit.</exception>
    public static ImageDataset Data(DatasetDeclaration dataset, Workspace? workspace, CancellationToken cancellation)
    {
        if (workspace is null || dataset is not ImageFolderDeclaration || DataContent.Hash(workspace, dataset, cancellation) is not { } content)
            return Datasets.Load(dataset, cancellation);
        try
        {
            return Datasets.Load(dataset, new ImageCache(workspace.ImagesFolder, content) { OnWarning = Output.Diagnostic }, cancellation);
        }
        catch (DqException failure) when (failure.Diagnostics.All(diagnostic => diagnostic.Code == DiagnosticCodes.CannotWrite))
        {
            return Datasets.Load(dataset, cancellation);
        }
    }

    /// <summary>The model of a file whose content has the hash, on the device, fit for the data.</summary>
    /// <exception cref="DqException">DQ3005: the file was changed since the job was written. DQ2005: the model takes images of another shape or knows other classes than the data have.</exception>
    public static Classifier Load(string path, string sha256, string device, ImageDataset dataset)
    {
        Verify(path, sha256);
        var network = (Classifier)ModelFile.Load(path).to(Devices.ResolveExact(device));
        DataCheck.Require(network.Description, dataset);
        return network;
    }

    /// <summary>Whether a file is that of a deployed model.</summary>
    public static bool IsDeployed(string path) => Path.GetExtension(path).Equals(".onnx", StringComparison.OrdinalIgnoreCase);

    /// <summary>The deployed model of a file whose content has the hash, fit for the data.</summary>
    /// <exception cref="DqException">DQ3005: the file was changed since the job was written. DQ5001: it is unusable. DQ2005: the model takes images of another shape or knows other classes than the data have.</exception>
    public static DeployedModel LoadDeployed(string path, string sha256, int threads, ImageDataset dataset)
    {
        Verify(path, sha256);
        var model = DeployedModel.Load(path, new DeployedModelOptions { Threads = threads });
        DataCheck.Require(model.Info, dataset);
        return model;
    }

    /// <summary>A seeded, class-balanced sample of the test split; 0 takes all.</summary>
    public static int[] Sample(ImageDataset dataset, int samples, int seed) =>
        Sampling.ClassBalanced(dataset.Test.Classes, samples == 0 ? dataset.Test.Count : Math.Min(samples, dataset.Test.Count), seed);

    /// <summary>The detector of a job; null where it has none.</summary>
    public static SqueezingDetector? Detector(string? declaration) =>
        declaration is null ? null : new SqueezingDetector(Declaration.FromJson<SqueezeDeclaration>(declaration));

    /// <summary>Holds a file against what the job promised.</summary>
    /// <exception cref="DqException">DQ3005: it was changed since the job was written.</exception>
    public static void Verify(string path, string sha256)
    {
        using var file = File.OpenRead(path);
        if (Convert.ToHexStringLower(SHA256.HashData(file)) != sha256)
            throw new DqException(DiagnosticCodes.ModelCorrupt, $"{path} was changed while the build ran; build again");
    }

    /// <summary>A measured cell as the front end hears of it.</summary>
    public static CellEvent Event(string id, CellResult result) => new(id, result.Samples, result.Correct, Standing.Encode(result.Standing))
    {
        Health = result.Health is var (zeroGradient, saturated, firstRun) ? new CellHealth(zeroGradient, saturated, firstRun) : null,
        Detection = result.Detection is var (images, flagged, successful, detected) ? new CellDetection(images, flagged, successful, detected) : null,
    };
}
