using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Onnx;
using DQPipeline.Onnx.Quantization;

namespace DQPipeline.Export;

/// <summary>Trained models as .onnx files, with everything that their model file says about them in the metadata.</summary>
public static class OnnxFile
{
    /// <summary>Writes a model in float arithmetic, atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network.</param>
    /// <param name="training">How it came to be.</param>
    /// <exception cref="DqException">DQ6004: the file cannot be written.</exception>
    public static void SaveFloat(string path, Classifier network, TrainingProvenance training) =>
        Write(path, Float(network, training));

    /// <summary>The bytes of a model in float arithmetic.</summary>
    /// <param name="network">The network.</param>
    /// <param name="training">How it came to be.</param>
    public static byte[] Float(Classifier network, TrainingProvenance training) => OnnxExport.Float(LayerGraphs.Of(network), Words(network, training));

    /// <summary>Writes a model in integer arithmetic, atomically.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">The network.</param>
    /// <param name="training">How it came to be.</param>
    /// <param name="calibration">What calibration found for <see cref="LayerGraphs.Of"/>.</param>
    /// <param name="key">The key of the target that makes it.</param>
    /// <param name="declared">What is asked for.</param>
    /// <exception cref="DqException">DQ6004: the file cannot be written.</exception>
    public static void SaveInteger(
        string path, Classifier network, TrainingProvenance training, CalibrationResult calibration, string key, QuantizeDeclaration declared) =>
        Write(path, Integer(network, training, calibration, key, declared));

    /// <summary>The bytes of a model in integer arithmetic.</summary>
    /// <inheritdoc cref="SaveInteger"/>
    public static byte[] Integer(Classifier network, TrainingProvenance training, CalibrationResult calibration, string key, QuantizeDeclaration declared)
    {
        var words = Words(network, training);
        words["quantize.key"] = key;
        // Names are no part of the key, so they are no part of the bytes.
        words["quantize.declaration"] = Declaration.ToJson(declared with { Model = "" });
        return OnnxExport.Integer(LayerGraphs.Of(network), calibration, words, declared.Input == "uint8", declared.Bits);
    }

    private static Dictionary<string, string> Words(Classifier network, TrainingProvenance training) => ModelMetadata.Write(new ModelDescription(network.Description, training));

    private static void Write(string path, byte[] file) => AtomicFile.Write(path, stream => stream.Write(file));
}
