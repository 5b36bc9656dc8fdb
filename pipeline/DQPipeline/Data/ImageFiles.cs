using DQPipeline.Declarations;

namespace DQPipeline.Data;

/// <summary>Single image files as a network takes them.</summary>
public static class ImageFiles
{
    /// <summary>Bytes of the largest file that is read.</summary>
    private const long LargestFile = 1L << 30;

    /// <summary>The pixels of a JPEG or PNG file, resized where it has another size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="channels">3 for red, green and blue, or 1 for their luma (ITU-R BT.601).</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <returns>C×H×W.</returns>
    /// <exception cref="DqException">DQ2001: there is no such file. DQ2002: it is no JPEG or PNG, or damaged. DQ2004: it is larger than may be. DQ2005: the channels are neither 1 nor 3.</exception>
    public static byte[] Load(string path, int channels, int height, int width)
    {
        if (channels is not (1 or 3))
            throw new DqException(DiagnosticCodes.DataUnfit, $"The model takes images of {channels} channels, and an image file has 1 or 3.");
        var decoder = new ImageDecoder(width, height, resize: true, reference: path);
        var planes = new byte[decoder.ImageBytes];
        decoder.Decode(Read(path), planes, path);
        return channels == 3 ? planes : Luma(planes);
    }

    private static byte[] Read(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > LargestFile }
                ? throw DataErrors.Unsafe($"{path} has more than {LargestFile >> 30} GiB. Make it smaller.")
                : File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DqException(DiagnosticCodes.DataMissing, $"{path} cannot be read: {e.Message}", inner: e);
        }
    }

    private static byte[] Luma(byte[] planes)
    {
        var size = planes.Length / 3;
        var grey = new byte[size];
        for (var i = 0; i < size; i++)
            grey[i] = (byte)Math.Round((0.299 * planes[i]) + (0.587 * planes[size + i]) + (0.114 * planes[(2 * size) + i]));
        return grey;
    }
}
