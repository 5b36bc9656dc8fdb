using System.IO.Compression;
using DQPipeline.Declarations;
using DQPipeline.ML.Scoring;
using Microsoft.ML;

namespace DQPipeline.ML.Packaging;

/// <summary>A deployed model as a saved ML.NET model: one .zip, which <c>mlContext.Model.Load</c> reads wherever this package is referenced.</summary>
public static class ModelPackage
{
    /// <summary>Entries of the largest archive that is looked into: ML.NET's has about ten.</summary>
    private const int MostEntries = 1000;

    /// <summary>By how much a model shrinks at most: weights hardly do.</summary>
    private const long LargestRatio = 20;

    /// <summary>Writes a model. The same model and options always give the same bytes.</summary>
    /// <param name="path">The .zip.</param>
    /// <param name="model">The bytes of an .onnx file.</param>
    /// <param name="options">Columns.</param>
    /// <exception cref="DqException">DQ5001: the model is unusable. DQ1004: an option is out of its range. DQ6004: the file cannot be written.</exception>
    public static void Write(string path, byte[] model, DefensiveQuantizationOptions options)
    {
        var context = new MLContext(seed: 1);
        using var transformer = new DefensiveQuantizationTransformer(model, path, options);
        Write(path, context, transformer);
    }

    /// <summary>Writes any ML.NET model, without the moment at which it was saved: the same model always gives the same bytes.</summary>
    /// <param name="path">The .zip.</param>
    /// <param name="context">ML.NET.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="DqException">DQ6004: the file cannot be written.</exception>
    public static void Write(string path, MLContext context, ITransformer model)
    {
        using var saved = new MemoryStream();
        // Without a schema of what it takes: ML.NET cannot save one of images.
        context.Model.Save(model, null, saved);
        saved.Position = 0;
        AtomicFile.Write(path, stream =>
        {
            using var from = new ZipArchive(saved, ZipArchiveMode.Read);
            using var to = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var entry in from.Entries.OrderBy(entry => entry.FullName, StringComparer.Ordinal))
            {
                var copy = to.CreateEntry(entry.FullName, CompressionLevel.Optimal);
                // The first moment that the format knows.
                copy.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var source = entry.Open();
                using var target = copy.Open();
                source.CopyTo(target);
            }
        });
    }

    /// <summary>The bytes of the .onnx file in a .zip that holds one model of ours, without running anything that the .zip names.</summary>
    /// <param name="path">The .zip.</param>
    /// <exception cref="DqException">DQ5001: it cannot be read, or is none of ours.</exception>
    public static byte[] ReadModel(string path)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            if (archive.Entries.Count > MostEntries)
                throw Unusable(path, $"it has {archive.Entries.Count} entries");
            var models = archive.Entries.Where(entry => entry.Name == DefensiveQuantizationTransformer.ModelStream).ToList();
            if (models.Count != 1)
                throw Unusable(path, models.Count == 0 ? $"it is no ML.NET model with a {DefensiveQuantizationTransformer.ModelStream}" : $"it holds {models.Count} models");
            if (models[0].Length > Math.Min(SavedModel.LargestModel, (LargestRatio * models[0].CompressedLength) + 65536))
                throw Unusable(path, $"its model would have {models[0].Length} bytes");
            using var stream = models[0].Open();
            return SavedModel.ReadAll(stream, DefensiveQuantizationTransformer.ModelStream, SavedModel.LargestModel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Unusable(path, e.Message, e);
        }
    }

    private static DqException Unusable(string path, string why, Exception? inner = null) =>
        new(DiagnosticCodes.DeployedModelCorrupt, $"'{path}' cannot be used: {why.TrimEnd('.')}. Package it again with dq build.", inner: inner);
}
