using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Native;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>
/// Puts the weights of a safetensors file that another tool wrote into a network: parameters and running statistics by name, half precision and float64 as float32. Two things that our networks do not have
/// are taken into a batch norm, which computes (z − μ) of its input z: a bias b of the convolution before it, as μ − b; and what the file's network subtracted from an image, as a shift of every z.
/// </summary>
/// <remarks>
/// Normalisation (x − m)/s of an image becomes our 4·(x − 128/255) with the first weights times 1/(4s) and z shifted by Σ w·(128/255 − m)/s, exactly, but for the image's border: the file's network padded
/// with the colour m, and ours pads with 128/255.
/// </remarks>
internal static class InitialWeights
{
    /// <summary>Fills the network. Nothing happens where no file is declared.</summary>
    /// <exception cref="DqException">DQ2007: the file is absent, damaged, or does not fit the network. DQ1004: a model is named in its place.</exception>
    public static void Fill(Classifier network, WeightsDeclaration weights, Action<Diagnostic>? warn)
    {
        if (!weights.IsActive)
            return;
        if (weights.From.Length > 0)
            throw new DqException(DiagnosticCodes.OutOfRange, $"'{weights.From}' is to be started from, a model that a build would train first; where one model is trained by itself, give the path of that one's file.");
        try
        {
            var file = SafetensorsFile.ReadForeign(weights.Path);
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            var unused = Copy(network, file, weights.Names);
            if (weights.Mean.Count > 0)
                Normalize(network, weights);
            if (unused.Count > 0)
            {
                warn?.Invoke(new(
                    DiagnosticCodes.WeightsUnused, $"{Path.GetFileName(weights.Path)}: nothing takes {unused.Count} of its arrays, the first of them '{unused[0]}'; is the network the one that it was made for?",
                    Severity: Severity.Warning));
            }
        }
        catch (InvalidDataException e)
        {
            throw new DqException(DiagnosticCodes.Weights, $"'{weights.Path}' cannot be started from: {e.Message}.", inner: e);
        }
    }

    /// <summary>Copies every array that the network has; the names of those that nothing took.</summary>
    private static List<string> Copy(Classifier network, SafetensorsFile file, IReadOnlyDictionary<string, string> names)
    {
        var arrays = file.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        foreach (var (name, tensor) in network.state_dict())
        {
            var source = Source(name, names);
            // Convex coefficients are ours alone: they start where they always do.
            if (source.Length == 0 || (name.EndsWith(".coefficients", StringComparison.Ordinal) && !arrays.ContainsKey(source)))
                continue;
            tensor.copy_(Values(Take(arrays, source, name), tensor.shape, name));
        }

        foreach (var layer in network.WeightLayers)
        {
            if (layer.Weight.dim() != 4 || !arrays.Remove(Source($"{layer.Name}.bias", names), out var entry))
                continue;
            if (layer.Norm is null)
                throw new InvalidDataException($"its '{entry.Name}' is the bias of a convolution without a batch norm after it, which networks here do not have");
            layer.Norm.RunningMean.sub_(Values(entry, layer.Norm.RunningMean.shape, $"{layer.Name}.bias").to(layer.Norm.RunningMean.device));
        }

        // PyTorch counts batches, which nothing here needs.
        return [.. arrays.Keys.Where(name => !name.EndsWith(".num_batches_tracked", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    private static SafetensorsEntry Take(Dictionary<string, SafetensorsEntry> arrays, string source, string name)
    {
        if (arrays.Remove(source, out var entry))
            return entry;
        var some = string.Join(", ", arrays.Values.Take(4).Select(array => $"{array.Name} [{string.Join(", ", array.Shape)}]"));
        throw new InvalidDataException(
            $"it has no '{source}' for '{name}'; its arrays are {(some.Length == 0 ? "none" : some)}{(arrays.Count > 4 ? ", …" : "")}, and \"names\" says which stands for which");
    }

    /// <summary>What the file calls one of our arrays: the longest name that is the array's or stands before one of its dots goes before others. Empty where it is not to be looked for.</summary>
    internal static string Source(string name, IReadOnlyDictionary<string, string> names)
    {
        for (var end = name.Length; end > 0; end = name.LastIndexOf('.', end - 1))
        {
            if (names.TryGetValue(name[..end], out var theirs))
                return theirs.Length == 0 ? "" : theirs + name[end..];
        }

        return name;
    }

    private static Tensor Values(SafetensorsEntry entry, long[] shape, string name)
    {
        if (!entry.Shape.SequenceEqual(shape))
            throw new InvalidDataException($"its '{entry.Name}' is [{string.Join(", ", entry.Shape)}] where '{name}' is [{string.Join(", ", shape)}]");
        var type = entry.Type switch
        {
            "F32" => ScalarType.Float32,
            "F64" => ScalarType.Float64,
            "F16" => ScalarType.Float16,
            "BF16" => ScalarType.BFloat16,
            _ => throw new InvalidDataException($"its '{entry.Name}' is of type {entry.Type}, and weights are F32, F64, F16 or BF16"),
        };
        var values = empty(shape, dtype: type);
        entry.Data.Span.CopyTo(values.bytes);
        values = values.to(ScalarType.Float32);
        return values.isfinite().all().item<bool>() ? values : throw new InvalidDataException($"its '{entry.Name}' holds numbers that are not finite");
    }

    private static void Normalize(Classifier network, WeightsDeclaration weights)
    {
        var (channels, first) = (network.Description.Channels, network.WeightLayers[0]);
        if (weights.Mean.Count != channels || weights.Std.Count != channels)
            throw new InvalidDataException($"images have {channels} channels, and \"mean\" and \"std\" have {weights.Mean.Count} and {weights.Std.Count} numbers");
        if (first.Norm is null)
            throw new InvalidDataException($"'{network.Description.Network}' has no batch norm right after its first convolution to take in what \"mean\" and \"std\" say");
        var (mean, std) = (tensor(weights.Mean.ToArray()), tensor(weights.Std.ToArray()));
        var weight = first.Weight.cpu().to(ScalarType.Float64);
        var shift = mean.neg().add_(Number.Of(NetworkDescription.InputMean), Number.One).div_(std).reshape(1, channels, 1, 1);
        first.Norm.RunningMean.sub_(weight.mul(shift).sum([1, 2, 3]).to(ScalarType.Float32).to(first.Weight.device));
        first.Weight.copy_(weight.div_(std.mul_(Number.Of(NetworkDescription.InputScale)).reshape(1, channels, 1, 1)));
    }
}
