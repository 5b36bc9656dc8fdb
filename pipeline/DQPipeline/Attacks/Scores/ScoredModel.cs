using DQPipeline.Declarations;
using DQPipeline.Onnx.Inference;

namespace DQPipeline.Attacks.Scores;

/// <summary>A model of which nothing is known but the logits it gives to images.</summary>
/// <param name="Channels">Channels C of an image.</param>
/// <param name="Height">Rows H.</param>
/// <param name="Width">Columns W.</param>
/// <param name="Classes">Classes K, at least 2.</param>
/// <param name="Scores">Asks it.</param>
public sealed record ScoredModel(int Channels, int Height, int Width, int Classes, Scorer Scores)
{
    /// <summary>Whether it is shown images of 8-bit pixels alone, because it would round all others itself. The default is false.</summary>
    public bool OnPixelGrid { get; init; }

    /// <summary>Values of an image, C·H·W.</summary>
    public int ImageSize => Channels * Height * Width;

    /// <summary>A model of ours; an integer model is shown pixels, whatever the numbers it takes.</summary>
    public static ScoredModel Of(DeployedModel model)
    {
        var info = model.Info;
        return new(info.Channels, info.Height, info.Width, info.Labels.Count, (images, _, logits) =>
        {
            var found = new float[logits.Length];
            model.Run(images.ToArray(), found);
            found.CopyTo(logits);
        })
        {
            OnPixelGrid = info.IsInteger || info.TakesBytes,
        };
    }

    /// <summary>A model of others.</summary>
    public static ScoredModel Of(ForeignModel model) =>
        new(model.Channels, model.Height, model.Width, model.Classes, (images, _, logits) => model.Run(images, logits)) { OnPixelGrid = model.TakesBytes };

    /// <summary>DQ3004: its answers are of no use.</summary>
    internal static DqException NotFinite() =>
        new(DiagnosticCodes.Diverged, "The model answers with numbers that are not finite: it is unusable, or it is shown images in another form than it takes.");
}
