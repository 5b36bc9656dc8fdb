using DQPipeline.Data;
using DQPipeline.Declarations;

namespace DQPipeline.Tool.Working;

/// <summary>A model is only measured on data whose classes it was trained for.</summary>
internal static class LabelCheck
{
    public static void Require(IReadOnlyList<string> labels, ImageDataset dataset)
    {
        if (!labels.SequenceEqual(dataset.Labels))
            throw new DqException(DiagnosticCodes.DataUnfit, $"the model knows the classes {List(labels)}, the data have {List(dataset.Labels)}; measure a model on data of its own classes");
    }

    private static string List(IReadOnlyList<string> labels) => labels.Count <= 10 ? string.Join(", ", labels) : $"{string.Join(", ", labels.Take(10))}, … ({labels.Count})";
}
