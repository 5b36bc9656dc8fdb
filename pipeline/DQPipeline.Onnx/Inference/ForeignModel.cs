using DQPipeline.Declarations;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace DQPipeline.Onnx.Inference;

/// <summary>
/// An .onnx file of others that takes images and gives logits, opened by ONNX Runtime's own reader: nothing is believed to be ours. What it does not say of itself is asked of it, on a few images.
/// Safe to use from several threads at once.
/// </summary>
public sealed class ForeignModel : IDisposable
{
    /// <summary>Images on which a model is tried before it is taken.</summary>
    public const int Examples = 8;

    /// <summary>Below which difference two answers are one, as a share of the largest number in them: float sums of another order stay far below, and integer models may round a value the other way.</summary>
    private const float Same = 0.01f;

    /// <summary>How far probabilities may be from summing to 1: half precision keeps three digits.</summary>
    private const float Whole = 2e-3f;

    private readonly string file;
    private readonly InferenceSession session;
    private readonly RunOptions run = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly ForeignInput input;
    private readonly string[] inputs;
    private readonly string[] outputs;
    private readonly int batch;

    private ForeignModel(string file, InferenceSession session, (int Channels, int Height, int Width) images, ForeignModelOptions options)
    {
        (this.file, this.session) = (file, session);
        input = ForeignInput.Of(file, session, images, options);
        if (options.Output.Length > 0 && !session.OutputNames.Contains(options.Output))
            throw new DqException(DiagnosticCodes.UnknownName, $"'{file}' has no output '{options.Output}'{Spelling.DidYouMean(options.Output, session.OutputNames)}; it has {string.Join(", ", session.OutputNames)}.");
        if (session.OutputNames.Count == 0)
            throw Unusable(file, "it has no output");
        inputs = [input.Name];
        outputs = [options.Output.Length > 0 ? options.Output : session.OutputNames[0]];
        batch = input.Batch ?? options.BatchSize;
    }

    /// <summary>Channels of an image: 1 for grey, 3 for red, green and blue.</summary>
    public int Channels => input.Channels;

    /// <summary>Rows of an image.</summary>
    public int Height => input.Height;

    /// <summary>Columns of an image.</summary>
    public int Width => input.Width;

    /// <summary>In what order the input has an image's dimensions.</summary>
    public ImageLayout Layout => input.Layout;

    /// <summary>What the input makes of pixels, before means and deviations.</summary>
    public PixelScale Scale => input.Scale;

    /// <summary>Classes K, at least 2.</summary>
    public int Classes { get; private set; }

    /// <summary>Whether the input is uint8 pixels.</summary>
    public bool TakesBytes => input.TakesBytes;

    /// <summary>Whether it gives probabilities and no logits; <see cref="Run"/> then gives their logarithms.</summary>
    public bool GivesProbabilities { get; private set; }

    /// <summary>Whether its answer to an image depends on the others of its batch, as with activations that are quantized by the batch's range; images are then shown one at a time.</summary>
    public bool MindsTheBatch { get; private set; }

    /// <summary>Opens a file, and tries it on some images.</summary>
    /// <param name="path">The file; what it keeps in other files lies beside it.</param>
    /// <param name="images">Channels, rows and columns of the images that it is to be shown.</param>
    /// <param name="examples">Some of them, N×C×H×W; at least one, of which <see cref="Examples"/> are looked at.</param>
    /// <param name="options">What the file does not say of its model.</param>
    /// <exception cref="ArgumentException">There is no example, or they are not of that size.</exception>
    /// <exception cref="DqException">
    /// DQ5001: the runtime cannot load or run the file, it takes no images or gives no logits, or the same image gets different answers. DQ2005: it takes images of another size. DQ1004: an
    /// option does not fit it, or is needed. DQ1005: an input or output that it does not have. DQ3004: it answers with numbers that are not finite.
    /// </exception>
    public static ForeignModel Load(string path, (int Channels, int Height, int Width) images, ReadOnlySpan<byte> examples, ForeignModelOptions? options = null)
    {
        options ??= new();
        var size = images.Channels * images.Height * images.Width;
        if (examples.Length == 0 || examples.Length % size != 0)
            throw new ArgumentException($"{examples.Length} pixels are no images of {images.Channels}×{images.Height}×{images.Width}.", nameof(examples));
        DeployedModel.Check(options.Threads, options.BatchSize);
        var session = Open(path, options.Threads);
        ForeignModel? model = null;
        try
        {
            model = new(path, session, images, options);
            model.Try(Array.ConvertAll(examples[..Math.Min(examples.Length, Examples * size)].ToArray(), pixel => pixel / 255f));
            return model;
        }
        catch
        {
            model?.run.Dispose();
            session.Dispose();
            throw;
        }
    }

    /// <summary>The logits of images, or the logarithms of probabilities.</summary>
    /// <param name="images">N images in [0,1], N×C×H×W. A model that takes bytes rounds them to the nearest of 0 … 255.</param>
    /// <param name="logits">Takes the logits, N×K.</param>
    /// <exception cref="ArgumentException">The lengths do not fit the model or each other.</exception>
    /// <exception cref="DqException">DQ5001: the runtime cannot run the file.</exception>
    public void Run(ReadOnlySpan<float> images, Span<float> logits)
    {
        var count = images.Length / input.ImageSize;
        if (images.Length != (long)count * input.ImageSize || logits.Length != (long)count * Classes)
            throw new ArgumentException($"{images.Length} values and {logits.Length} logits are no images of {input.ImageSize} values with {Classes} logits each.");
        var step = MindsTheBatch ? 1 : batch;
        for (var first = 0; first < count; first += step)
        {
            var shown = Math.Min(step, count - first);
            var scores = Answers(images.Slice(first * input.ImageSize, shown * input.ImageSize));
            if (scores.Length != shown * Classes)
                throw Unusable(file, $"it gave {Classes} numbers to an image, and now {scores.Length} to {shown}");
            scores.CopyTo(logits[(first * Classes)..]);
        }

        if (!GivesProbabilities)
            return;
        // What float32 rounds to 0 has some logarithm below all others.
        foreach (ref var score in logits)
            score = MathF.Log(Math.Max(score, float.Epsilon));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        session.Dispose();
        run.Dispose();
    }

    /// <summary>DQ5001 about a file that is not ours, in one line.</summary>
    internal static DqException Unusable(string file, string why, Exception? inner = null) =>
        new(DiagnosticCodes.DeployedModelCorrupt, $"'{file}' cannot be used: {string.Join(' ', why.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.')}.", inner: inner);

    private static InferenceSession Open(string path, int threads)
    {
        try
        {
            File.OpenRead(path).Dispose();
            using var settings = RuntimeSettings.Of(threads);
            // What is wrong comes as an exception; nobody asked for lines on standard error.
            settings.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
            return new(path, settings);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, $"it cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The runtime's own errors, and whatever its wrapper makes of names, shapes and types that it did not expect.
            throw Unusable(path, $"ONNX Runtime cannot load it: {e.Message}", e);
        }
    }

    /// <summary>Finds out what the file does not say: classes, probabilities, and whether an image is an image in any company.</summary>
    private void Try(float[] examples)
    {
        var size = input.ImageSize;
        var count = examples.Length / size;
        var alone = Enumerable.Range(0, count).SelectMany(i => Answers(examples.AsSpan(i * size, size))).ToArray();
        Classes = alone.Length / count;
        if (Classes < 2)
            throw Unusable(file, $"its output '{outputs[0]}' gives an image {Classes} number; logits are at least two");
        if (alone.Any(score => !float.IsFinite(score)))
            throw new DqException(DiagnosticCodes.Diverged, $"'{file}' answers with numbers that are not finite: it is unusable, or it is shown images in another form than it takes.");
        if (!AreSame(alone.AsSpan(0, Classes), Answers(examples.AsSpan(0, size))))
            throw Unusable(file, "it answers the same image differently each time; export it as it is evaluated, without dropout or other chance");
        GivesProbabilities = alone.Chunk(Classes).All(row => row.All(score => score is >= 0 and <= 1 + Whole) && Math.Abs(row.Sum() - 1) <= Whole);
        if (batch > 1 && count > 1)
            MindsTheBatch = !AreSame(alone, Together(examples));
    }

    private float[] Together(float[] examples)
    {
        var answers = new List<float>();
        foreach (var shown in examples.Chunk(batch * input.ImageSize))
            answers.AddRange(Answers(shown));
        return [.. answers];
    }

    private bool AreSame(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        if (one.Length != other.Length)
            return false;
        for (var row = 0; row < one.Length; row += Classes)
        {
            var largest = 0f;
            foreach (var score in one.Slice(row, Classes))
                largest = Math.Max(largest, Math.Abs(score));
            for (var i = row; i < row + Classes; i++)
            {
                // Written so that a NaN differs.
                if (!(Math.Abs(one[i] - other[i]) <= Same * largest))
                    return false;
            }
        }

        return true;
    }

    /// <summary>What the output says to at most <see cref="batch"/> images, N×K; copies are answered and dropped.</summary>
    private float[] Answers(ReadOnlySpan<float> images)
    {
        var count = images.Length / input.ImageSize;
        var rows = input.Batch ?? count;
        try
        {
            using var value = input.Value(images);
            using var results = session.Run(run, inputs, [value], outputs);
            var scores = Numbers(results[0], rows);
            return scores[..(scores.Length / rows * count)];
        }
        catch (OnnxRuntimeException e)
        {
            var others = session.InputNames.Where(name => name != input.Name).ToList();
            throw Unusable(file, $"ONNX Runtime cannot run it{(others.Count > 0 ? $" without a value for {string.Join(", ", others)}" : "")}: {e.Message}", e);
        }
    }

    private float[] Numbers(OrtValue output, int rows)
    {
        var shape = output.IsTensor ? output.GetTensorTypeAndShape().Shape : [];
        // Some end in a convolution and keep its map of one pixel.
        if (shape.Length < 2 || shape[0] != rows || shape.Skip(2).Any(size => size != 1))
        {
            throw Unusable(
                file,
                $"its output '{outputs[0]}' is {(output.IsTensor ? $"[{string.Join(", ", shape)}]" : "no array")} for {rows} images, and logits are [{rows}, classes]{(session.OutputNames.Count > 1 ? $"; say by --output which of {string.Join(", ", session.OutputNames)} gives them" : "")}");
        }

        return output.GetTensorTypeAndShape().ElementDataType switch
        {
            TensorElementType.Float => output.GetTensorDataAsSpan<float>().ToArray(),
            TensorElementType.Float16 => Array.ConvertAll(output.GetTensorDataAsSpan<Float16>().ToArray(), number => (float)number),
            TensorElementType.Double => Array.ConvertAll(output.GetTensorDataAsSpan<double>().ToArray(), number => (float)number),
            var type => throw Unusable(file, $"its output '{outputs[0]}' gives numbers of the type {type}, and logits are float32, float16 or float64"),
        };
    }
}
