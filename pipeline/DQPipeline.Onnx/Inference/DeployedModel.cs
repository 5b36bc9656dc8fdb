using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using DQPipeline.Declarations;
using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace DQPipeline.Onnx.Inference;

/// <summary>An .onnx file of ours, verified and ready to run. Safe to use from several threads at once.</summary>
public sealed class DeployedModel : IDisposable
{
    /// <summary>Bytes that the maps of one run may take together; larger images come in smaller batches.</summary>
    private const long RunBytes = 1L << 30;

    /// <summary>Beyond this many bytes of maps a run gains nothing by more images, and loses what it had in the processor's cache: measured, 6 % for vgg-s in float from 16 to 64 images.</summary>
    private const long CachedBytes = 32L << 20;

    /// <summary>Images of which a run gains even when their maps do not fit the cache.</summary>
    private const long CachedImages = 16;

    private static readonly string[] Inputs = [FloatGraph.Input];
    private static readonly string[] Outputs = [FloatGraph.Output];

    private readonly string name;
    private readonly InferenceSession session;
    private readonly RunOptions run = new();

    private DeployedModel(string name, DeployedModelInfo info, InferenceSession session, int batch) => (this.name, Info, this.session, BatchSize) = (name, info, session, batch);

    /// <summary>What the file says about its model.</summary>
    public DeployedModelInfo Info { get; }

    /// <summary>Images of one run at most.</summary>
    public int BatchSize { get; }

    /// <summary>Reads and verifies a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it runs.</param>
    /// <exception cref="DqException">DQ5001: the file is absent, damaged, foreign, or asks for more than it may.</exception>
    public static DeployedModel Load(string path, DeployedModelOptions? options = null) => Load(ReadFile(path), path, options);

    /// <summary>Verifies the bytes of a file.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="options">How it runs.</param>
    /// <exception cref="DqException">DQ5001, as above.</exception>
    public static DeployedModel Load(byte[] file, string name, DeployedModelOptions? options = null)
    {
        options ??= new();
        Check(options.Threads, options.BatchSize);
        try
        {
            var content = ModelReader.Read(file);
            var info = ModelWords.Read(content);
            using var settings = RuntimeSettings.Of(options.Threads);
            // What is wrong comes as an exception; nobody asked for lines on an app's standard error.
            settings.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
            // On processors without VNNI sums of products of bytes would saturate; others lose nothing by it.
            if (content.Graph.AsksForExactness)
                settings.AddSessionConfigEntry("session.x64quantprecision", "1");
            var maps = content.Graph.MapBytes;
            var batch = (int)Math.Clamp(Math.Min(RunBytes / maps, Math.Max(CachedBytes / maps, CachedImages)), 1, options.BatchSize);
            return new(name, info, new InferenceSession(file, settings), batch);
        }
        catch (Exception e) when (e is InvalidDataException or OnnxRuntimeException)
        {
            throw Unusable(name, e.Message, e);
        }
    }

    /// <summary>Whether a file bears the seal of ours, whole or broken: a file that does is verified, one that does not is a stranger's, or was cut short.</summary>
    /// <exception cref="DqException">DQ5001: it cannot be read.</exception>
    public static bool IsOurs(string path)
    {
        var length = ModelBytes.Seal([]).Length;
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length < length)
                return false;
            var end = new byte[length];
            file.Seek(-length, SeekOrigin.End);
            file.ReadExactly(end);
            return ModelBytes.IsSeal(end);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, $"it cannot be read: {e.Message}", e);
        }
    }

    /// <summary>What a file says about its model, after all of it was verified. Loads no runtime.</summary>
    /// <exception cref="DqException">DQ5001, as for <see cref="Load(string, DeployedModelOptions?)"/>.</exception>
    public static DeployedModelInfo ReadInfo(string path)
    {
        try
        {
            return ModelWords.Read(ModelReader.Read(ReadFile(path)));
        }
        catch (InvalidDataException e)
        {
            throw Unusable(path, e.Message, e);
        }
    }

    /// <summary>The logits of images.</summary>
    /// <param name="images">N images in [0,1], N×C×H×W. A model that takes bytes rounds them to the nearest of 0 … 255.</param>
    /// <param name="logits">Takes the logits, N×K.</param>
    /// <exception cref="ArgumentException">The lengths do not fit the model or each other.</exception>
    /// <exception cref="DqException">DQ5001: the runtime cannot run the file.</exception>
    public void Run(ReadOnlyMemory<float> images, Memory<float> logits)
    {
        if (!Info.TakesBytes)
        {
            RunAll(images, logits);
            return;
        }

        var bytes = new byte[images.Length];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)Math.Clamp(MathF.Round(images.Span[i] * byte.MaxValue), 0, byte.MaxValue);
        RunAll<byte>(bytes, logits);
    }

    /// <summary>The logits of images given as pixels 0 … 255.</summary>
    /// <param name="pixels">N images, N×C×H×W.</param>
    /// <param name="logits">Takes the logits, N×K.</param>
    /// <exception cref="ArgumentException">The lengths do not fit the model or each other.</exception>
    /// <exception cref="DqException">DQ5001: the runtime cannot run the file.</exception>
    public void Run(ReadOnlyMemory<byte> pixels, Memory<float> logits)
    {
        if (Info.TakesBytes)
        {
            RunAll(pixels, logits);
            return;
        }

        var images = new float[pixels.Length];
        for (var i = 0; i < images.Length; i++)
            images[i] = pixels.Span[i] / 255f;
        RunAll<float>(images, logits);
    }

    /// <summary>Softmax of each row of logits, in place: probabilities that sum to 1.</summary>
    /// <param name="logits">N×K, as <see cref="Run(ReadOnlyMemory{float}, Memory{float})"/> gives them.</param>
    public void Probabilities(Span<float> logits) => Probabilities(logits, Info.Labels.Count);

    /// <summary>Softmax of each row of logits, in place, for a model of <paramref name="classes"/> labels.</summary>
    public static void Probabilities(Span<float> logits, int classes)
    {
        for (var at = 0; at < logits.Length; at += classes)
        {
            var row = logits.Slice(at, classes);
            TensorPrimitives.Subtract(row, TensorPrimitives.Max(row), row);
            TensorPrimitives.SoftMax(row, row);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        session.Dispose();
        run.Dispose();
    }

    /// <summary>The bytes of a file, which are not looked at yet.</summary>
    /// <exception cref="DqException">DQ5001: it cannot be read, or is larger than a model may be.</exception>
    internal static byte[] ReadFile(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > ModelReader.LargestFile)
                throw Unusable(path, $"it has more than {ModelReader.LargestFile >> 30} GiB", null);
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, $"it cannot be read: {e.Message}", e);
        }
    }

    private static DqException Unusable(string name, string why, Exception? inner) =>
        new(DiagnosticCodes.DeployedModelCorrupt, $"'{name}' cannot be used: {why.TrimEnd('.')}. Export it again with dq export or dq build.", inner: inner);

    /// <summary>Refuses options out of their ranges.</summary>
    /// <exception cref="DqException">DQ1004.</exception>
    internal static void Check(int threads, int batchSize)
    {
        if (threads is < 0 or > 256)
            throw new DqException(DiagnosticCodes.OutOfRange, $"{threads} threads cannot be used. Use 1 to 256, or 0 for one per core.");
        if (batchSize is < 1 or > 65536)
            throw new DqException(DiagnosticCodes.OutOfRange, $"A batch of {batchSize} images cannot be used. Use 1 to 65536.");
    }

    private void RunAll<T>(ReadOnlyMemory<T> values, Memory<float> logits)
        where T : unmanaged
    {
        var (size, classes) = (Info.ImageSize, Info.Labels.Count);
        var count = values.Length / size;
        if (values.Length != count * size || logits.Length != count * classes)
            throw new ArgumentException($"{values.Length} values and {logits.Length} logits are no images of {size} values with {classes} logits each.");
        for (var first = 0; first < count; first += BatchSize)
        {
            var images = Math.Min(BatchSize, count - first);
            RunBatch(values.Slice(first * size, images * size), images, logits.Slice(first * classes, images * classes));
        }
    }

    private void RunBatch<T>(ReadOnlyMemory<T> values, int images, Memory<float> logits)
        where T : unmanaged
    {
        // The runtime only reads what is its input.
        using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, MemoryMarshal.AsMemory(values), [images, Info.Channels, Info.Height, Info.Width]);
        using var output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, logits, [images, Info.Labels.Count]);
        try
        {
            session.Run(run, Inputs, [input], Outputs, [output]);
        }
        catch (OnnxRuntimeException e)
        {
            // The graph was checked before it was loaded; what a kernel still objects to, or memory that runs out, is no stack trace either.
            throw Unusable(name, $"it does not run: {e.Message}", e);
        }
    }
}
