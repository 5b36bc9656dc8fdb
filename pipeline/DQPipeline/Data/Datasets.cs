using DQPipeline.Data.Cifar;
using DQPipeline.Declarations;

namespace DQPipeline.Data;

/// <summary>Reads or draws what a declaration names.</summary>
public static class Datasets
{
    /// <summary>The data set of a declaration, wholly in memory as bytes. The same declaration and content give the same bytes in the same order.</summary>
    /// <param name="declaration">What to load; paths are absolute or relative to the current directory.</param>
    /// <param name="cancellation">Ends the loading early.</param>
    /// <exception cref="DqException">
    /// DQ2001 the data are not there or cannot be read, DQ2002 a file is damaged, DQ2003 an image has another size than the rest, DQ2004 an archive or pickle is unsafe
    /// to read, DQ2005 the data are unfit; each names the file and carries the place of the declaration.
    /// </exception>
    public static ImageDataset Load(DatasetDeclaration declaration, CancellationToken cancellation = default) => Load(declaration, null, cancellation);

    /// <summary>
    /// The data set of a declaration. An image folder is decoded once into a file of the cache, which is mapped and may be larger than memory; every other data set, and a folder without
    /// a cache, is held in memory. The bytes and their order are the same either way.
    /// </summary>
    /// <param name="declaration">What to load; paths are absolute or relative to the current directory.</param>
    /// <param name="cache">Where decoded images are kept; null for none.</param>
    /// <param name="cancellation">Ends the loading early.</param>
    /// <exception cref="DqException">As of the other overload, and DQ6004: the cache cannot be written.</exception>
    public static ImageDataset Load(DatasetDeclaration declaration, ImageCache? cache, CancellationToken cancellation)
    {
        try
        {
            return HeldOut(declaration, declaration switch
            {
                StreetDigitsDeclaration street => StreetDigits.Draw(street, cancellation),
                Cifar10Declaration cifar => Cifar10.Load(cifar, cancellation),
                Cifar100Declaration cifar => Cifar100.Load(cifar, cancellation),
                SvhnDeclaration svhn => Svhn.Load(svhn, cancellation),
                ImageFolderDeclaration folder => ImageFolder.Load(folder, cache, cancellation),
                IdxDeclaration idx => Idx.Load(idx, cancellation),
                _ => throw new ArgumentException($"No loader for a data set of kind '{declaration.Kind}'.", nameof(declaration)),
            });
        }
        catch (DqException e)
        {
            throw new DqException([.. e.Diagnostics.Select(d => d with { Place = d.Place ?? PlaceOf(declaration) })], e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DqException(DiagnosticCodes.DataMissing, $"The data set ({declaration.Kind}) cannot be read: {e.Message}", PlaceOf(declaration), e);
        }
    }

    /// <summary>The data set with a part of its training images as its test split, where the declaration asks for that.</summary>
    private static ImageDataset HeldOut(DatasetDeclaration declaration, ImageDataset data)
    {
        if (declaration.Validation == 0)
            return data;
        if (declaration.Validation >= data.Train.Count)
            throw DataErrors.Unfit($"'validation' asks to hold out {declaration.Validation} of {data.Train.Count} training images, which leaves none to train on. Lower it.");
        var held = Sampling.ClassBalanced(data.Train.Classes, declaration.Validation, declaration.Seed);
        var kept = Enumerable.Range(0, data.Train.Count).Except(held).ToArray();
        return data with { Train = data.Train.At(kept), Test = data.Train.At(held) };
    }

    /// <summary>A declaration made in code has no place.</summary>
    private static SourcePlace? PlaceOf(DatasetDeclaration declaration) => declaration.Place.File is null ? null : declaration.Place;
}
