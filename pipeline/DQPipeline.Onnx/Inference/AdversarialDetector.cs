using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using DQPipeline.Declarations;
using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace DQPipeline.Onnx.Inference;

/// <summary>
/// Detects adversarial images by feature squeezing (Xu et al. 2017; paper section 2.2.2): an image is detected where the model gives the squeezed image another label than the
/// image itself. Safe to use from several threads at once.
/// </summary>
public sealed class AdversarialDetector : IDisposable
{
    private readonly DeployedModel model;
    private readonly InferenceSession squeezer;
    private readonly RunOptions run = new();

    /// <summary>A detector for <paramref name="model"/>.</summary>
    /// <param name="model">The model; whoever made it disposes it. One that squeezes its images itself squeezes these once more.</param>
    /// <param name="squeeze">How images are squeezed for the comparison; the paper: 5 bits and a median filter of 2×2.</param>
    /// <exception cref="DqException">DQ1004: the bits are not 0 to 8, the median's side is not 1 to 9, or nothing is squeezed at all.</exception>
    public AdversarialDetector(DeployedModel model, SqueezeDeclaration squeeze)
    {
        Check(squeeze);
        this.model = model;
        using var settings = RuntimeSettings.Of(threads: 1);
        squeezer = new InferenceSession(Graph(model.Info, squeeze), settings);
    }

    /// <summary>Refuses what no detector can squeeze by.</summary>
    /// <exception cref="DqException">DQ1004.</exception>
    internal static void Check(SqueezeDeclaration squeeze)
    {
        if (squeeze.Bits is not (>= 0 and <= 8) || squeeze.Median is not (>= 1 and <= 9) || !squeeze.IsActive)
            throw new DqException(DiagnosticCodes.OutOfRange, $"A detector cannot squeeze to {squeeze.Bits} bits by a median of {squeeze.Median}. Use 1 to 8 bits (0 for all colours), and 2 to 9 (1 for no filter).");
    }

    /// <summary>For each image whether it is detected.</summary>
    /// <param name="images">N images in [0,1], N×C×H×W.</param>
    /// <param name="labels">The labels that the model gives them, by number, N.</param>
    /// <exception cref="ArgumentException">The lengths do not fit the model or each other.</exception>
    public bool[] Detect(ReadOnlyMemory<float> images, ReadOnlySpan<int> labels)
    {
        var classes = model.Info.Labels.Count;
        var squeezed = new float[images.Length];
        // A batch that is larger than all images may have more values than an int holds.
        var batch = (int)Math.Min((long)model.BatchSize * model.Info.ImageSize, images.Length);
        for (var left = images.Length; left > 0; left -= batch)
        {
            var (first, length) = (images.Length - left, Math.Min(batch, left));
            Squeeze(images.Slice(first, length), squeezed.AsMemory(first, length));
        }

        var logits = new float[labels.Length * classes];
        model.Run(squeezed, logits);
        var flagged = new bool[labels.Length];
        for (var i = 0; i < flagged.Length; i++)
            flagged[i] = TensorPrimitives.IndexOfMax<float>(logits.AsSpan(i * classes, classes)) != labels[i];
        return flagged;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        squeezer.Dispose();
        run.Dispose();
    }

    /// <summary>The nodes that squeeze, the same that are in the graph of a model that squeezes its images itself.</summary>
    private static byte[] Graph(DeployedModelInfo info, SqueezeDeclaration squeeze)
    {
        var writer = new GraphWriter();
        var image = writer.Input(FloatGraph.Input, TensorProto.Types.DataType.Float, info.Channels, info.Height, info.Width);
        var squeezed = SqueezeNodes.Add(writer, image, squeeze.Bits, squeeze.Median, info.Height, info.Width);
        writer.Node(FloatGraph.Output, "Identity", [squeezed]);
        writer.Output(FloatGraph.Output, info.Channels, info.Height, info.Width);
        var graph = new ModelProto { IrVersion = GraphWriter.IrVersion, Graph = writer.Graph };
        graph.OpsetImport.Add(new OperatorSetIdProto { Version = GraphWriter.Opset });
        return graph.ToByteArray();
    }

    private void Squeeze(ReadOnlyMemory<float> images, Memory<float> squeezed)
    {
        long[] shape = [images.Length / model.Info.ImageSize, model.Info.Channels, model.Info.Height, model.Info.Width];
        // The runtime only reads what is its input.
        using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, MemoryMarshal.AsMemory(images), shape);
        using var output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, squeezed, shape);
        squeezer.Run(run, [FloatGraph.Input], [input], [FloatGraph.Output], [output]);
    }
}
