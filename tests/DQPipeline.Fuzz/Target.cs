using System.Text;
using DQPipeline.Declarations;

namespace DQPipeline.Fuzz;

/// <summary>A kind of file and its reader.</summary>
internal abstract class Target
{
    public abstract string Name { get; }

    /// <summary>Sound files, with which one begins.</summary>
    public abstract IEnumerable<byte[]> Seeds { get; }

    /// <summary>Pieces that mean something to the reader: names, signs, numbers at which something changes.</summary>
    public virtual IReadOnlyList<byte[]> Words => [];

    /// <summary>The codes by which a file may be refused.</summary>
    public abstract IReadOnlySet<string> Codes { get; }

    /// <summary>Whether a failure is a refusal as it should be.</summary>
    public virtual bool Refuses(DqException e) => e.Diagnostics.Count > 0 && e.Diagnostics.All(diagnostic => Codes.Contains(diagnostic.Code));

    /// <summary>A file that nobody would write.</summary>
    /// <param name="file">One that was read before.</param>
    /// <param name="other">Another such.</param>
    /// <param name="random">Decides.</param>
    public virtual byte[] Next(byte[] file, byte[] other, Random random) => Mutation.Of(file, random, Words, other);

    /// <summary>Reads it, and if it is taken, uses it.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="path">A file that holds them.</param>
    /// <returns>Whether it was taken.</returns>
    public abstract bool Show(byte[] file, string path);

    /// <summary>Pieces of text, as bytes.</summary>
    protected static IReadOnlyList<byte[]> Pieces(params IEnumerable<string> words) => [.. words.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Fails where what must be so is not.</summary>
    protected static void Demand(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException(what);
    }
}
