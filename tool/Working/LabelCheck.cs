using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Networks;

namespace DQPipeline.Tool.Working;

/// <summary>A model is only measured on data whose classes it was trained for.</summary>
internal static class LabelCheck
{
    public static void Require(NetworkDescription network, ImageDataset dataset)
    {
        if (!network.Labels.SequenceEqual(dataset.Labels))
            throw new DqException(DiagnosticCodes.DataUnfit, $"the model knows the classes {List(network.Labels)}, the data have {List(dataset.Labels)}; measure a model on data of its own classes");
    }

    private static string List(IReadOnlyList<string> labels) => labels.Count <= 10 ? string.Join(", ", labels) : $"{string.Join(", ", labels.Take(10))}, … ({labels.Count})";
}
