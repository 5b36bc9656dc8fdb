using DQPipeline.Targets.Files;

namespace DQPipeline.Targets.Building;

/// <summary>
/// The moment before dq.json was opened. What a build answers is true of what it read, and that may be long past when the build ends: whoever remembers the answer holds the files against this moment.
/// </summary>
public sealed class DeclarationMoment
{
    private DeclarationMoment(DateTimeOffset time, FileStamp stamp) => (Time, Stamp) = (time, stamp);

    /// <summary>Files that changed after it may not be those that were read.</summary>
    internal DateTimeOffset Time { get; }

    /// <summary>The stamp of dq.json. It tells of a change also where the system does not say when a file's status changed.</summary>
    internal FileStamp Stamp { get; }

    /// <summary>Whether dq.json is still the file that was read.</summary>
    internal bool Stands(Workspace workspace) => Standstill.StampOf(workspace.DeclarationPath) == Stamp;

    /// <summary>The moment that is now, to be taken before dq.json is opened.</summary>
    /// <param name="workspace">The folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="since">An earlier time, where files that the question stands in were read before; null where none was.</param>
    public static DeclarationMoment Now(Workspace workspace, TimeProvider time, DateTimeOffset? since = null)
    {
        // The time first: a file that changes between the two is then too young.
        var now = time.GetUtcNow();
        return new(since ?? now, Standstill.StampOf(workspace.DeclarationPath));
    }
}
