using DQPipeline.Declarations;
using DQPipeline.ML.Packaging;
using DQPipeline.Onnx;
using DQPipeline.Onnx.Inference;
using Microsoft.ML;
using Microsoft.ML.Transforms.Image;
using Microsoft.ML.Transforms.Onnx;

namespace DQPipeline.Tool.Working;

/// <summary>
/// A model as an ML.NET pipeline of Microsoft's own transformers: resize, extract the pixels, run the .onnx file. Apps need no package of ours; rows are scored one by one, images
/// of another size are resized by ML.NET's own filter, and PredictedLabel is a vector of one text.
/// </summary>
internal static class StockPackage
{
    private const string Image = "Image";
    private const string Pixels = "x";
    private const string Score = "Score";
    private const string PredictedLabel = "PredictedLabel";

    /// <summary>Writes a model.</summary>
    /// <param name="path">The .zip.</param>
    /// <param name="file">The bytes of an .onnx file of ours.</param>
    /// <param name="info">What it says about itself.</param>
    /// <exception cref="DqException">DQ5003: ML.NET has no images of so many channels. DQ6004: the file cannot be written.</exception>
    public static void Write(string path, byte[] file, DeployedModelInfo info)
    {
        if (info.Channels is not (1 or 3))
            throw new DqException(DiagnosticCodes.CannotExport, $"the model takes images of {info.Channels} channels, and ML.NET's have 1 or 3; leave the format {PackageDeclaration.Stock} out");
        var (context, rows) = (new MLContext(seed: 1), new PictureView([], info));
        // The transformer reads a file, and only when it is made.
        var onnx = path + ".onnx";
        try
        {
            File.WriteAllBytes(onnx, OnnxExport.Labelled(file, Score, PredictedLabel));
            using var model = (IDisposable)Pipeline(context, onnx, info).Fit(rows);
            ModelPackage.Write(path, context, (ITransformer)model);
        }
        finally
        {
            File.Delete(onnx);
        }
    }

    private static IEstimator<ITransformer> Pipeline(MLContext context, string onnx, DeployedModelInfo info)
    {
        var images = context.Transforms;
        RuntimeSettings.Prepare();
        var run = images.ApplyOnnxModel(new OnnxOptions
        {
            ModelFile = onnx,
            InputColumns = [Pixels],
            OutputColumns = [Score, PredictedLabel],
            ShapeDictionary = new Dictionary<string, int[]> { [Pixels] = [1, info.Channels, info.Height, info.Width] },
        });
        var extract = images.ExtractPixels(
            Pixels,
            Image,
            info.Channels == 1 ? ImagePixelExtractingEstimator.ColorBits.Red : ImagePixelExtractingEstimator.ColorBits.Rgb,
            scaleImage: info.TakesBytes ? 1 : 1f / byte.MaxValue,
            outputAsFloatArray: !info.TakesBytes);
        var resize = images.ResizeImages(Image, info.Width, info.Height, Image, ImageResizingEstimator.ResizingKind.Fill);
        return info.Channels == 1
            ? resize.Append(images.ConvertToGrayscale(Image)).Append(extract).Append(run)
            : resize.Append(extract).Append(run);
    }
}
