using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace DQPipeline.Data;

/// <summary>
/// All of a file of decoded images that stands before the images. The file is a safetensors file that anyone can read: eight bytes with the length of a JSON header, the header, and
/// the arrays <c>train.checks</c> and <c>test.checks</c> (int64: XXH3 of each image), <c>train.classes</c> and <c>test.classes</c> (int32), <c>train.images</c> and <c>test.images</c> (uint8 N×3×H×W).
/// The metadata have the names of the classes and the XXH128 of all before the images.
/// </summary>
/// <param name="Shape">What the images are.</param>
/// <param name="TrainChecks">The XXH3 of each training image.</param>
/// <param name="TestChecks">The XXH3 of each test image.</param>
internal sealed record ImageStoreHead(ImageShape Shape, long[] TrainChecks, long[] TestChecks)
{
    private const int LongestHeader = 64 << 20;
    private const int ChecksumDigits = 32;

    private static readonly string NoChecksum = new('0', ChecksumDigits);

    /// <summary>The head as it stands in the file, whose length does not depend on the checks.</summary>
    public byte[] Encode()
    {
        var bytes = Encode(NoChecksum);
        return Encode(Convert.ToHexStringLower(XxHash128.Hash(bytes)));
    }

    /// <summary>Reads a head, and holds it and the file's length against what it says.</summary>
    /// <returns>The head, and where the images begin.</returns>
    /// <exception cref="InvalidDataException">The file is not as it was written.</exception>
    public static (ImageStoreHead Head, int Length) Read(FileStream file)
    {
        try
        {
            var (labels, train, test, length) = Parse(file);
            var rows = train[0] + test[0];
            var head = new byte[checked((int)(length + (rows * (sizeof(long) + sizeof(int)))))];
            if (train[0] < 0 || test[0] < 0 || file.Length != head.Length + checked(rows * 3 * train[2] * train[3]))
                throw new InvalidDataException();
            file.Position = 0;
            file.ReadExactly(head);
            var (trainCount, testCount) = ((int)train[0], (int)test[0]);
            var checks = MemoryMarshal.Cast<byte, long>(head.AsSpan((int)length))[..(int)rows];
            var classes = MemoryMarshal.Cast<byte, int>(head.AsSpan((int)length + (checks.Length * sizeof(long))));
            var shape = new ImageShape(labels, (int)train[2], (int)train[3], classes[..trainCount].ToArray(), classes.Slice(trainCount, testCount).ToArray());
            var read = new ImageStoreHead(shape, checks[..trainCount].ToArray(), checks.Slice(trainCount, testCount).ToArray());
            // What was written is written the same again, or it is another thing.
            return read.Encode().AsSpan().SequenceEqual(head) ? (read, head.Length) : throw new InvalidDataException();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or EndOfStreamException or IndexOutOfRangeException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static (string[] Labels, long[] Train, long[] Test, long Length) Parse(FileStream file)
    {
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        file.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > LongestHeader || (long)length > file.Length)
            throw new InvalidDataException();
        var header = new byte[length];
        file.ReadExactly(header);
        using var json = JsonDocument.Parse(header);
        using var labels = JsonDocument.Parse(Text(json.RootElement.GetProperty("__metadata__").GetProperty("labels")));
        return ([.. labels.RootElement.EnumerateArray().Select(Text)], Axes("train.images"), Axes("test.images"), sizeof(ulong) + (long)length);

        static string Text(JsonElement text) => text.GetString() ?? throw new InvalidDataException();
        long[] Axes(string name) => [.. json.RootElement.GetProperty(name).GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt64())];
    }

    private byte[] Encode(string checksum)
    {
        using var bytes = new MemoryStream();
        bytes.Write(stackalloc byte[sizeof(ulong)]);
        using (var json = new Utf8JsonWriter(bytes))
            WriteHeader(json, checksum);
        // Padded so that the arrays stand on multiples of their elements' size.
        while (bytes.Length % sizeof(long) != 0)
            bytes.WriteByte((byte)' ');
        var header = bytes.Length - sizeof(ulong);
        bytes.Write(MemoryMarshal.AsBytes(TrainChecks.AsSpan()));
        bytes.Write(MemoryMarshal.AsBytes(TestChecks.AsSpan()));
        bytes.Write(MemoryMarshal.AsBytes(Shape.Train.AsSpan()));
        bytes.Write(MemoryMarshal.AsBytes(Shape.Test.AsSpan()));
        var all = bytes.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(all, header);
        return all;
    }

    private void WriteHeader(Utf8JsonWriter json, string checksum)
    {
        json.WriteStartObject();
        json.WriteStartObject("__metadata__");
        json.WriteString("labels", LabelText());
        json.WriteString("xxh128", checksum);
        json.WriteEndObject();
        var offset = 0L;
        long[] image = [3, Shape.Height, Shape.Width];
        Array("train.checks", "I64", sizeof(long), [Shape.Train.Length]);
        Array("test.checks", "I64", sizeof(long), [Shape.Test.Length]);
        Array("train.classes", "I32", sizeof(int), [Shape.Train.Length]);
        Array("test.classes", "I32", sizeof(int), [Shape.Test.Length]);
        Array("train.images", "U8", sizeof(byte), [Shape.Train.Length, .. image]);
        Array("test.images", "U8", sizeof(byte), [Shape.Test.Length, .. image]);
        json.WriteEndObject();

        void Array(string name, string type, int size, long[] shape)
        {
            json.WriteStartObject(name);
            json.WriteString("dtype", type);
            json.WriteStartArray("shape");
            foreach (var axis in shape)
                json.WriteNumberValue(axis);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += shape.Aggregate((long)size, (bytes, axis) => bytes * axis));
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    /// <summary>Metadata of safetensors are text, so the list of names is JSON within JSON.</summary>
    private string LabelText()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartArray();
            foreach (var label in Shape.Labels)
                json.WriteStringValue(label);
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
