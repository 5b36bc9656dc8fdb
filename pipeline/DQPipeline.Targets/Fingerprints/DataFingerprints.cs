using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Keys;

namespace DQPipeline.Targets.Fingerprints;

/// <summary>What is known of a data set's content.</summary>
/// <param name="Hash">The content; null for a procedural set, which its options say wholly.</param>
/// <param name="Absent">Whether it is not there, and need not be.</param>
/// <param name="Error">Why it cannot be used, if so.</param>
/// <param name="Describe">Tells what changed since another content, if that is known.</param>
internal sealed record DataState(string? Hash, bool Absent, Diagnostic? Error, Func<string, string?> Describe);

/// <summary>The contents of data sets, each looked at once in a build.</summary>
/// <param name="workspace">The folder that remembers them.</param>
/// <param name="files">Hashes of single files.</param>
/// <param name="time">The clock.</param>
/// <param name="remembers">Whether stamps are remembered; not those that another machine sees, on whose disks files have other numbers.</param>
internal sealed class DataFingerprints(Workspace workspace, FileHashes files, TimeProvider time, bool remembers = true)
{
    private static readonly DataState s_procedural = new(null, false, null, _ => null);
    private readonly Dictionary<(string Path, bool Optional, ImageNames? Images), DataState> _known = [];

    public DataState Of(DatasetDeclaration dataset, CancellationToken cancellation)
    {
        if (dataset is not StoredDatasetDeclaration stored)
            return s_procedural;
        var question = (stored.Path, stored.Optional, ImageNames.Of(stored));
        if (!_known.TryGetValue(question, out var state))
            _known.Add(question, state = Look(stored, cancellation));
        return state;
    }

    private DataState Look(StoredDatasetDeclaration dataset, CancellationToken cancellation)
    {
        try
        {
            if (File.Exists(dataset.Path))
            {
                var name = Path.GetFileName(dataset.Path);
                return new(files.Hash(dataset.Path, cancellation), false, null, _ => $"{name} changed");
            }

            if (Directory.Exists(dataset.Path))
            {
                var images = ImageNames.Of(dataset);
                var (hash, journal) = new FolderFingerprint(dataset.Path, StatePath(dataset.Path, images), time, images, remembers).Compute(cancellation);
                return new(hash, false, null, journal.Describe);
            }

            return dataset.Optional
                ? s_procedural with { Absent = true }
                : Failed(new(DiagnosticCodes.DataMissing, $"the data set '{dataset.Name}' is not at {dataset.Path}; put it there, correct the path, or say \"optional\": true", dataset.Place));
        }
        catch (DqException e)
        {
            return Failed(e.Diagnostics[0] with { Place = dataset.Place });
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return Failed(FolderFingerprint.Unreadable(dataset.Path, e).Diagnostics[0] with { Place = dataset.Place });
        }
    }

    private static DataState Failed(Diagnostic error) => s_procedural with { Error = error };

    /// <summary>Where the stamps of a folder lie; its folder is made as far as that is possible.</summary>
    private string StatePath(string folder, ImageNames? images)
    {
        try
        {
            workspace.EnsureDqFolder();
            _ = Directory.CreateDirectory(workspace.StateFolder);
        }
        catch (Exception e) when (e is DqException || AtomicFile.IsWriteFailure(e))
        {
            // Read-only: the fingerprint does without its memory.
        }

        // Two data sets that read one folder in different ways have a list each.
        var name = SmallSha256.Hex(Encoding.UTF8.GetBytes(images is { HasTestShare: true } ? folder + "/\0" : folder))[..16];
        return Path.Combine(workspace.StateFolder, "folder-" + name);
    }
}
