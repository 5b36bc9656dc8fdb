using System.Buffers;
using DQPipeline.Declarations;
using DQPipeline.Imaging;

namespace DQPipeline.Data;

/// <summary>
/// Images in <c>train/CLASS/</c> and <c>test/CLASS/</c>, or in <c>CLASS/</c> with a share to test on, .jpg, .jpeg or .png, in a folder or in a .zip that is read in place. Classes and images are in
/// ordinal order of their names, whatever the file system says. Grey images become RGB, and what is transparent is laid on black. The orientation tag of
/// photographs is not applied, as ML.NET does not apply it where the model is used.
/// </summary>
internal static class ImageFolder
{
    /// <summary>Damaged images that one run reports; the rest are counted.</summary>
    private const int MostReported = 10;

    public static ImageDataset Load(ImageFolderDeclaration declaration, ImageCache? cache, CancellationToken cancellation)
    {
        using var source = ImageSource.Open(declaration.Path);
        if (cache is not null)
            return ImageStore.Load(source, declaration, cache, cancellation);
        var chosen = Choose(source, declaration);
        var (imageBytes, shape) = (chosen.Decoder.ImageBytes, chosen.Shape);
        byte[] train = Limit.Pixels(shape.Train.Length, imageBytes, source.Path), test = Limit.Pixels(shape.Test.Length, imageBytes, source.Path);
        Decode(source, chosen.Train, chosen.Decoder, (i, image) => image.CopyTo(train.AsSpan(i * imageBytes)), cancellation);
        Decode(source, chosen.Test, chosen.Decoder, (i, image) => image.CopyTo(test.AsSpan(i * imageBytes)), cancellation);
        return new ImageDataset(shape.Labels, 3, shape.Height, shape.Width, declaration.MayFlip, new(train, shape.Train), new(test, shape.Test));
    }

    /// <summary>The images that a declaration wants, and what will come of them.</summary>
    public static ChosenImages Choose(ImageSource source, ImageFolderDeclaration declaration)
    {
        var catalogue = ImageCatalogue.Of(source, declaration.TestShare);
        var train = catalogue.Train.At(Limit.Choose(catalogue.Train.Classes, declaration.Train, declaration.Seed, "train"));
        var test = catalogue.Test.At(Limit.Choose(catalogue.Test.Classes, declaration.Test, declaration.Seed, "test"));
        var first = train.Files[0];
        var (width, height) = declaration.Size > 0 ? (declaration.Size, declaration.Size) : SizeOf(source, first);
        var decoder = new ImageDecoder(width, height, resize: declaration.Size > 0, reference: source.Describe(first));
        return new(train.Files, test.Files, decoder, new(catalogue.Labels, height, width, train.Classes, test.Classes));
    }

    /// <summary>Decodes files on several threads, in any order; the pixels are lent to <paramref name="keep"/> for the call only.</summary>
    /// <exception cref="DqException">All images that cannot be decoded, in the order of <paramref name="files"/>.</exception>
    public static void Decode(ImageSource source, ImageFile[] files, ImageDecoder decoder, ImageKeeper keep, CancellationToken cancellation) =>
        Check(source.Read(
            files,
            (i, bytes) =>
            {
                var buffer = ArrayPool<byte>.Shared.Rent(decoder.ImageBytes);
                decoder.Decode(bytes.Span, buffer.AsSpan(0, decoder.ImageBytes), source.Describe(files[i]));
                keep(i, buffer.AsSpan(0, decoder.ImageBytes));
                ArrayPool<byte>.Shared.Return(buffer);
            },
            cancellation));

    private static (int Width, int Height) SizeOf(ImageSource source, ImageFile first)
    {
        (int, int) size = default;
        Check(source.Read([first], (_, bytes) => size = ImageDecoder.SizeOf(bytes.Span, source.Describe(first)), CancellationToken.None));
        return size;
    }

    /// <summary>Reports the damaged images at once, in their order: whoever mends a data set wants the list and not the first.</summary>
    private static void Check(IReadOnlyList<DqException> failures)
    {
        if (failures.Count == 0)
            return;
        var diagnostics = failures.Take(MostReported).SelectMany(failure => failure.Diagnostics).ToList();
        if (failures.Count > MostReported)
            diagnostics.Add(new Diagnostic(diagnostics[0].Code, $"{failures.Count - MostReported} further images have faults."));
        throw new DqException(diagnostics, failures[0]);
    }
}

/// <summary>Takes the pixels of an image, C×H×W, which are lent for the call only.</summary>
internal delegate void ImageKeeper(int index, ReadOnlySpan<byte> image);

/// <summary>Files of a source in the order of their splits, and how they are decoded.</summary>
internal sealed record ChosenImages(ImageFile[] Train, ImageFile[] Test, ImageDecoder Decoder, ImageShape Shape);

/// <summary>What a data set of RGB images is, besides their pixels: the names of its classes, the size of its images, and the class number of each.</summary>
internal sealed record ImageShape(string[] Labels, int Height, int Width, int[] Train, int[] Test)
{
    public int ImageBytes => 3 * Height * Width;
}
