using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Networks;
using DQPipeline.Onnx.Inference;

namespace DQPipeline.Tool.Working;

/// <summary>A model is only measured on images of the shape and of the classes that it was trained for.</summary>
internal static class DataCheck
{
    /// <summary>Holds data against a trained network.</summary>
    /// <exception cref="DqException">DQ2005: they are of another shape or of other classes.</exception>
    public static void Require(NetworkDescription network, ImageDataset data) => Require((network.Channels, network.Height, network.Width), network.Labels, data);

    /// <summary>Holds data against a deployed model.</summary>
    /// <exception cref="DqException">DQ2005: they are of another shape or of other classes.</exception>
    public static void Require(DeployedModelInfo model, ImageDataset data) => Require((model.Channels, model.Height, model.Width), model.Labels, data);

    private static void Require((int Channels, int Height, int Width) shape, IReadOnlyList<string> labels, ImageDataset data)
    {
        // As many values in other rows and columns would be taken without a word, and every row be broken at the wrong place.
        if ((data.Channels, data.Height, data.Width) != shape)
        {
            throw new DqException(
                DiagnosticCodes.DataUnfit,
                $"the data's images are {data.Channels}×{data.Height}×{data.Width} (channels, rows, columns), but the model takes {shape.Channels}×{shape.Height}×{shape.Width}; take data of that size");
        }

        if (!labels.SequenceEqual(data.Labels))
            throw new DqException(DiagnosticCodes.DataUnfit, $"the model knows the classes {List(labels)}, the data have {List(data.Labels)}; measure a model on data of its own classes");
    }

    private static string List(IReadOnlyList<string> labels) => labels.Count <= 10 ? string.Join(", ", labels) : $"{string.Join(", ", labels.Take(10))}, … ({labels.Count})";
}
