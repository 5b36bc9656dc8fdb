namespace DQPipeline.Data;

/// <summary>A data set that its authors offer for download.</summary>
/// <param name="Name">The word for <c>dq data fetch</c>.</param>
/// <param name="Kind">The kind under which a declaration reads it.</param>
/// <param name="Files">Its files. One alone is the data set's path; several lie in a folder of the kind's name, which is.</param>
/// <param name="Options">What else a declaration has to say, as it stands in JSON; nothing by default.</param>
public sealed record PublishedDataset(string Name, string Kind, IReadOnlyList<PublishedFile> Files, string Options = "")
{
    private static readonly PublishedFile[] SvhnFiles =
    [
        Svhn("train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373"),
        Svhn("test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"),
    ];

    /// <summary>CIFAR-10, binary version: 170 MB.</summary>
    public static PublishedDataset Cifar10 { get; } = new(
        "cifar-10", "cifar-10", [new(new Uri("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"), "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530")]);

    /// <summary>CIFAR-100, binary version: 169 MB.</summary>
    public static PublishedDataset Cifar100 { get; } = new(
        "cifar-100", "cifar-100", [new(new Uri("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"), "cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8")]);

    /// <summary>SVHN, cropped digits, training and test images: 246 MB.</summary>
    public static PublishedDataset SvhnBasic { get; } = new("svhn", "svhn", SvhnFiles);

    /// <summary>SVHN with the extra training images: 1.6 GB.</summary>
    public static PublishedDataset SvhnExtra { get; } = new(
        "svhn-extra", "svhn", [.. SvhnFiles, Svhn("extra_32x32.mat", "a93ce644f1a588dc4d68dda5feec44a7")], "\"extra\": true");

    /// <summary>All that <c>dq data fetch</c> knows.</summary>
    public static IReadOnlyList<PublishedDataset> All { get; } = [Cifar10, Cifar100, SvhnBasic, SvhnExtra];

    private static PublishedFile Svhn(string name, string md5) => new(new Uri("http://ufldl.stanford.edu/housenumbers/" + name), name, md5);
}

/// <summary>A file of a published data set.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Name">The name of the file on disk.</param>
/// <param name="Md5">The checksum that is published for it, 32 hexadecimal digits. It guards against damage and mix-ups; MD5 is no guard against malice.</param>
public sealed record PublishedFile(Uri Address, string Name, string Md5);

/// <summary>How far a download is.</summary>
/// <param name="File">The name of the file that is being received.</param>
/// <param name="Received">Its bytes on disk, those of an earlier attempt included.</param>
/// <param name="Total">Bytes of the whole file; null where the server does not say.</param>
public readonly record struct DownloadProgress(string File, long Received, long? Total);
