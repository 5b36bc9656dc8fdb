namespace DQPipeline.Declarations;

/// <summary>A cache that several machines share, beside the one in <c>.dq/</c>. Nothing of it is part of a key.</summary>
public sealed record CacheDeclaration
{
    /// <summary>The value of <see cref="Trust"/> that takes results from anyone who can write to the cache.</summary>
    public const string Any = "any";

    /// <summary>The value of <see cref="Trust"/> that takes signed results alone.</summary>
    public const string Signed = "signed";

    /// <summary>
    /// A folder, relative to dq.json, or the http(s) address of a server that answers GET, HEAD and PUT, as for Bazel's remote cache; <c>${NAME}</c> and <c>${NAME:-default}</c> take environment variables, and an empty
    /// text is none. Credentials come from the environment alone: DQ_CACHE_TOKEN, or DQ_CACHE_USER and DQ_CACHE_PASSWORD. The default is none.
    /// </summary>
    public string Remote { get; init; } = "";

    /// <summary>Whether what is built here is put there; DQ_CACHE_READONLY=true in the environment forbids it, for branches that are not trusted. The default is true.</summary>
    public bool Write { get; init; } = true;

    /// <summary>
    /// Whose results are taken: <c>any</c>, or <c>signed</c> with one of <see cref="Keys"/>. Files are held against their SHA-256 either way; what a result says of a key only its signer answers for. The default is any.
    /// </summary>
    public string Trust { get; init; } = Any;

    /// <summary>Public keys that results may be signed with, as <c>dq cache key</c> prints them; who has DQ_CACHE_SIGNING_KEY in the environment signs. The default is none.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}
