using DQPipeline.Declarations;

namespace DQPipeline.Data;

/// <summary>Where decoded images are kept from one process to the next.</summary>
/// <param name="Folder">The folder of the decoded images; it is made where it is missing.</param>
/// <param name="Content">A hash of the data set's content, or any text that changes with it.</param>
public sealed record ImageCache(string Folder, string Content)
{
    /// <summary>Hears of a file that was damaged and is made again (DQ6001, a warning). May be called on any thread.</summary>
    public Action<Diagnostic>? OnWarning { get; init; }
}
