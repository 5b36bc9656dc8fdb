namespace DQPipeline.Targets.Caching;

/// <summary>Bytes by name, somewhere else. Names are <c>ac/KEY</c> of results and <c>cas/SHA-256</c> of files, as in Bazel's HTTP cache.</summary>
internal interface IRemoteStore : IDisposable
{
    /// <summary>What people call it, without credentials.</summary>
    string Name { get; }

    /// <summary>Writes the bytes of a name to a stream, from its beginning on; false where there are none.</summary>
    /// <param name="name">The name.</param>
    /// <param name="to">A stream that can be shortened.</param>
    /// <param name="most">More bytes than this are not taken.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="RemoteFailure">There is no answer, or none that can be used.</exception>
    bool Get(string name, Stream to, long most, CancellationToken cancellation);

    /// <summary>Whether there are bytes of a name.</summary>
    /// <exception cref="RemoteFailure">There is no answer, or none that can be used.</exception>
    bool Has(string name, CancellationToken cancellation);

    /// <summary>Puts bytes under a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="content">A stream that can be read anew from its beginning.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="RemoteFailure">They were not taken.</exception>
    void Put(string name, Stream content, CancellationToken cancellation);
}

/// <summary>A remote cache did not do what it was asked for. No build fails of it.</summary>
/// <param name="message">Why, in words.</param>
/// <param name="isPassing">Whether to ask again may help.</param>
/// <param name="inner">What it came of.</param>
internal sealed class RemoteFailure(string message, bool isPassing, Exception? inner = null) : IOException(message, inner)
{
    public bool IsPassing { get; } = isPassing;
}
