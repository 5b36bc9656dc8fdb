using DQPipeline.Declarations;

namespace DQPipeline.Imaging;

/// <summary>Single images as a network takes them: planes of bytes of one size.</summary>
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
        CheckChannels(channels);
        return Decode(Read(path), channels, height, width, path);
    }

    /// <summary>The pixels of a JPEG or PNG file that is in memory, resized where it has another size.</summary>
    /// <param name="file">All of the file.</param>
    /// <param name="channels">3 for red, green and blue, or 1 for their luma (ITU-R BT.601).</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="name">What errors call it.</param>
    /// <returns>C×H×W.</returns>
    /// <exception cref="DqException">DQ2002, DQ2004, DQ2005: as for <see cref="Load"/>.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> file, int channels, int height, int width, string name)
    {
        CheckChannels(channels);
        var decoder = new ImageDecoder(width, height, resize: true, reference: name);
        var planes = new byte[decoder.ImageBytes];
        decoder.Decode(file, planes, name);
        return channels == 3 ? planes : Luma(planes);
    }

    /// <summary>The pixels of an image that is decoded already, resized where it has another size.</summary>
    /// <param name="rgba">Red, green, blue and alpha of each pixel, rows from the top, 4 × fromHeight × fromWidth.</param>
    /// <param name="fromHeight">Its rows.</param>
    /// <param name="fromWidth">Its columns.</param>
    /// <param name="channels">3 for red, green and blue, or 1 for their luma (ITU-R BT.601).</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <returns>C×H×W.</returns>
    /// <exception cref="DqException">DQ2005: the channels are neither 1 nor 3.</exception>
    public static byte[] FromRgba(ReadOnlySpan<byte> rgba, int fromHeight, int fromWidth, int channels, int height, int width)
    {
        CheckChannels(channels);
        var planes = new byte[3 * height * width];
        ImageDecoder.Planes(rgba, fromWidth, fromHeight, planes, width, height);
        return channels == 3 ? planes : Luma(planes);
    }

    private static void CheckChannels(int channels)
    {
        if (channels is not (1 or 3))
            throw new DqException(DiagnosticCodes.DataUnfit, $"The model takes images of {channels} channels, and an image file has 1 or 3.");
    }

    private static byte[] Read(string path)
    {
        if (Directory.Exists(path))
            throw new DqException(DiagnosticCodes.DataMissing, $"{path} is a folder; name the image files in it.");
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > LargestFile }
                ? throw new DqException(DiagnosticCodes.UnsafeArchive, $"{path} has more than {LargestFile >> 30} GiB. Make it smaller.")
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
