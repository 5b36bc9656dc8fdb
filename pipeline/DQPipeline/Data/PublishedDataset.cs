namespace DQPipeline.Data;

/// <summary>A data set that its authors offer for download.</summary>
/// <param name="Name">The word for <c>dq data fetch</c>.</param>
/// <param name="Address">Where it is.</param>
/// <param name="FileName">The name of the file on disk.</param>
/// <param name="Md5">The checksum its authors publish, 32 hexadecimal digits. It guards against damage and mix-ups; MD5 is no guard against malice.</param>
public sealed record PublishedDataset(string Name, Uri Address, string FileName, string Md5)
{
    /// <summary>CIFAR-10, binary version: 170 MB.</summary>
    public static PublishedDataset Cifar10 { get; } = new(
        "cifar-10", new Uri("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"), "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530");

    /// <summary>All that <c>dq data fetch</c> knows.</summary>
    public static IReadOnlyList<PublishedDataset> All { get; } = [Cifar10];
}

/// <summary>How far a download is.</summary>
/// <param name="Received">Bytes on disk, those of an earlier attempt included.</param>
/// <param name="Total">Bytes of the whole file; null where the server does not say.</param>
public readonly record struct DownloadProgress(long Received, long? Total);
