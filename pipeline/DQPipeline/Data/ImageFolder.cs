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

    public static ImageDataset Load(ImageFolderDeclaration declaration, CancellationToken cancellation)
    {
        using var source = ImageSource.Open(declaration.Path);
        var catalogue = ImageCatalogue.Of(source, declaration.TestShare);
        var train = catalogue.Train.At(Limit.Choose(catalogue.Train.Classes, declaration.Train, declaration.Seed, "train"));
        var test = catalogue.Test.At(Limit.Choose(catalogue.Test.Classes, declaration.Test, declaration.Seed, "test"));

        var first = train.Files[0];
        var size = declaration.Size > 0 ? (Width: declaration.Size, Height: declaration.Size) : SizeOf(source, first);
        var decoder = new ImageDecoder(size.Width, size.Height, resize: declaration.Size > 0, reference: source.Describe(first));
        return new ImageDataset(
            catalogue.Labels, 3, size.Height, size.Width, declaration.MayFlip,
            Decode(source, train, decoder, cancellation), Decode(source, test, decoder, cancellation));
    }

    private static (int Width, int Height) SizeOf(ImageSource source, ImageFile first)
    {
        (int, int) size = default;
        Check(source.Read([first], (_, bytes) => size = ImageDecoder.SizeOf(bytes.Span, source.Describe(first)), CancellationToken.None));
        return size;
    }

    private static ImageSplit Decode(ImageSource source, ImageList list, ImageDecoder decoder, CancellationToken cancellation)
    {
        var pixels = Limit.Pixels(list.Files.Length, decoder.ImageBytes, source.Path);
        Check(source.Read(
            list.Files,
            (i, bytes) => decoder.Decode(bytes.Span, pixels.AsSpan(i * decoder.ImageBytes, decoder.ImageBytes), source.Describe(list.Files[i])),
            cancellation));
        return new ImageSplit(pixels, list.Classes);
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
