using DQPipeline.Declarations;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Export;

/// <summary>How a model came to be. Nothing in it differs between two equal trainings: no time, no machine, no path.</summary>
/// <param name="Declaration">The declaration of its training as JSON, defaults written out.</param>
/// <param name="Key">The key of the target that trained it.</param>
/// <param name="Dataset">Name of the data set.</param>
/// <param name="Seed">Seed of initialisation, order and augmentation.</param>
/// <param name="Epochs">Passes over the training split.</param>
/// <param name="Loss">Mean loss over the last epoch.</param>
/// <param name="Accuracy">Share of training images that were right in the last epoch, 0 to 1.</param>
/// <param name="ToolVersion">The version of DQPipeline.</param>
/// <param name="TorchVersion">The version of libtorch.</param>
public sealed record TrainingProvenance(
    string Declaration, string Key, string Dataset, int Seed, int Epochs, double Loss, double Accuracy, string ToolVersion, string TorchVersion);

/// <summary>What a model file says about its model.</summary>
/// <param name="Network">The network.</param>
/// <param name="Training">How it came to be.</param>
public sealed record ModelDescription(NetworkDescription Network, TrainingProvenance Training);

/// <summary>Trained classifiers in one safetensors file: weights and running statistics, and in the metadata all that is needed to build the network again.</summary>
public static class ModelFile
{
    /// <summary>Writes a model, atomically. The same model always gives the same bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network.</param>
    /// <param name="training">How it came to be.</param>
    /// <exception cref="DqException">DQ6004: the file cannot be written.</exception>
    public static void Save(string path, Classifier network, TrainingProvenance training)
    {
        var entries = network.state_dict().Select(pair => TensorBytes.ToEntry(pair.Key, pair.Value));
        new SafetensorsFile(ModelMetadata.Write(new ModelDescription(network.Description, training)), [.. entries]).Write(path);
    }

    /// <summary>What the file says about its model, after all of the file was verified. Needs no libtorch.</summary>
    /// <exception cref="DqException">DQ3005: the file is absent, damaged, or no model.</exception>
    public static ModelDescription ReadDescription(string path) => Describe(path, SafetensorsFile.Read(path));

    /// <summary>Builds the network again, in evaluation mode.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where it is to live; the processor unless told.</param>
    /// <exception cref="DqException">DQ3005: the file is absent, damaged, no model, or does not fit its network.</exception>
    public static Classifier Load(string path, Device? device = null)
    {
        var file = SafetensorsFile.Read(path);
        var description = Describe(path, file);
        Classifier? network = null;
        try
        {
            // What is copied are float32, so a sound file holds as many as its network has.
            var numbers = file.Entries.Sum(entry => (long)entry.Data.Length) / sizeof(float);
            network = NetworkFactory.Create(description.Network, seed: 0, device, numbers);
            TensorBytes.CopyAll(file.Entries, network.state_dict());
            network.eval();
            return network;
        }
        catch (Exception e) when (e is InvalidDataException or DqException)
        {
            network?.Dispose();
            throw SafetensorsFile.Unusable(path, e is DqException coded ? coded.Diagnostics[0].Message.TrimEnd('.') : e.Message, e);
        }
    }

    private static ModelDescription Describe(string path, SafetensorsFile file)
    {
        try
        {
            return ModelMetadata.Read(file.Metadata);
        }
        catch (InvalidDataException e)
        {
            throw SafetensorsFile.Unusable(path, e.Message, e);
        }
    }
}
