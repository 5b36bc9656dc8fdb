using System.Text;

namespace DQPipeline.Data.Cifar;

/// <summary>The binary version of a CIFAR set: records of one or two labels, one byte each, and 3×32×32 bytes, plane after plane.</summary>
internal static class CifarRecords
{
    public const int Side = 32;
    public const int ImageBytes = 3 * Side * Side;

    /// <summary>The images of files, one after the other.</summary>
    /// <param name="files">Names and contents.</param>
    /// <param name="path">Where they lie, for messages.</param>
    /// <param name="labels">Labels of a record.</param>
    /// <param name="label">Which of them is the class, from 0.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <exception cref="Declarations.DqException">DQ2002: a file is no whole number of records, or a class is not one of them.</exception>
    public static ImageSplit Split(IReadOnlyList<(string Name, byte[] Bytes)> files, string path, int labels, int label, int classes)
    {
        var record = labels + ImageBytes;
        var images = files.Sum(file => (long)file.Bytes.Length / record);
        var pixels = Limit.Pixels(images, ImageBytes, path);
        var numbers = new int[images];
        var image = 0;
        foreach (var (name, bytes) in files)
        {
            if (bytes.Length == 0 || bytes.Length % record != 0)
                throw DataErrors.Corrupt($"{name} in {path} has {bytes.Length} bytes, which is no whole number of records of {record} bytes: it was cut short, or is another file. Fetch the data again.");
            for (var at = 0; at < bytes.Length; at += record, image++)
            {
                numbers[image] = bytes[at + label];
                if (numbers[image] >= classes)
                    throw DataErrors.Corrupt($"{name} in {path}: record {at / record} (byte {at + label}) has the class {numbers[image]}, and there are the classes 0 to {classes - 1}. Fetch the data again.");
                bytes.AsSpan(at + labels, ImageBytes).CopyTo(pixels.AsSpan(image * ImageBytes));
            }
        }

        return new ImageSplit(pixels, numbers);
    }

    /// <summary>Names of classes from a text, one a line.</summary>
    public static string[] Names(byte[] text) => Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
