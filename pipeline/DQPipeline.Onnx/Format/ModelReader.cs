using Google.Protobuf;

namespace DQPipeline.Onnx.Format;

/// <summary>Takes an .onnx file of ours apart and believes nothing that it says before it is checked.</summary>
internal static class ModelReader
{
    /// <summary>Bytes of the largest file: protobuf's own limit is 2 GiB.</summary>
    public const long LargestFile = 1L << 30;

    /// <summary>What a verified file holds.</summary>
    /// <param name="Metadata">Words about the model.</param>
    /// <param name="Graph">The shapes that the graph was found to have.</param>
    public sealed record Content(IReadOnlyDictionary<string, string> Metadata, GraphCheck.Result Graph);

    /// <summary>The content of a file.</summary>
    /// <exception cref="InvalidDataException">What is wrong with it.</exception>
    public static Content Read(ReadOnlySpan<byte> file)
    {
        var sealLength = ModelBytes.Seal([]).Length;
        if (file.Length <= sealLength)
            throw new InvalidDataException("it is too short for a model");
        var body = file[..^sealLength];
        if (!file[^sealLength..].SequenceEqual(ModelBytes.Seal(body)))
            throw new InvalidDataException("its checksum is wrong or missing: it is damaged, cut short, or no model of DQPipeline");
        var model = Parse(body);
        if (model.IrVersion != GraphWriter.IrVersion || model.OpsetImport is not [{ Domain: "", Version: GraphWriter.Opset }] || model.Graph is null)
            throw new InvalidDataException("it is of another version of the format than this tool reads");
        var words = new Dictionary<string, string>();
        foreach (var word in model.MetadataProps)
        {
            if (!words.TryAdd(word.Key, word.Value))
                throw new InvalidDataException($"it says '{word.Key}' twice");
        }

        return new(words, GraphCheck.Of(model.Graph));
    }

    /// <summary>What is not in our part of the format would be an unknown field, and so missing in what the message is written as again.</summary>
    private static ModelProto Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            var model = ModelProto.Parser.WithDiscardUnknownFields(true).ParseFrom(body);
            return model.ToByteArray().AsSpan().SequenceEqual(body) ? model : throw new InvalidDataException("it has parts that no model of ours has");
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"it is no protocol buffer of ONNX ({e.Message.TrimEnd('.')})", e);
        }
    }
}
