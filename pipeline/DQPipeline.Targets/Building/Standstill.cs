using DQPipeline.Declarations;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Keys;

namespace DQPipeline.Targets.Building;

/// <summary>
/// The memory of a build that found nothing to do, and nothing to say but what its records make it say again: the stamps of every file that it looked at. While all of them stand, so does its answer, and
/// neither dq.json nor dq.lock needs to be read again. Like every stamp it saves work and decides nothing: with one file changed, however little, the whole
/// decision is made anew from contents.
/// </summary>
public sealed class Standstill
{
    private readonly Workspace _home;
    private readonly string _path;
    private readonly string _question;

    /// <summary>The memory of a folder's own build, of everything that dq.json declares as it stands there; its answer is a <see cref="StandstillAnswer"/>.</summary>
    /// <param name="workspace">The folder.</param>
    /// <param name="method">The versions of the method's code.</param>
    /// <param name="device">The device kind, <c>cpu</c> or <c>cuda</c>.</param>
    public Standstill(Workspace workspace, MethodVersions method, string device)
        : this(workspace, Path.Combine(workspace.StateFolder, "standstill"), method, device, "")
    {
    }

    /// <summary>The memory of another question.</summary>
    /// <param name="path">Its file, absolute.</param>
    /// <param name="method">The versions of the method's code.</param>
    /// <param name="device">The device kind, <c>cpu</c> or <c>cuda</c>.</param>
    /// <param name="question">What was asked, besides what stands in files.</param>
    public Standstill(string path, MethodVersions method, string device, string question)
        : this(new Workspace(Path.GetDirectoryName(path)!), path, method, device, question)
    {
    }

    private Standstill(Workspace home, string path, MethodVersions method, string device, string question)
    {
        _home = home;
        _path = path;
        // Another build of this assembly may decide otherwise.
        _question = $"{typeof(Standstill).Module.ModuleVersionId} {method.Train} {method.Evaluate} {method.Quantize} {method.Package} {device} {question}";
    }

    /// <summary>The answer, if nothing has changed since it was found; null where that is not certain.</summary>
    public string? Recall()
    {
        try
        {
            using var stream = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 14);
            var reader = new StampReader(stream);
            var stands = true;
            while (reader.Read(out var record))
                stands = stands && StampOf(Path.Combine(_home.Folder, record.Name)) == record.Stamp;
            var tail = reader.Tail;
            return stands && tail.Length > _question.Length && tail.StartsWith(_question, StringComparison.Ordinal) && tail[_question.Length] == '\n' ? tail[(_question.Length + 1)..] : null;
        }
        catch (Exception e) when (e is InvalidDataException || AtomicFile.IsWriteFailure(e))
        {
            return null;
        }
    }

    /// <summary>Remembers the answer of a build that stands still (<see cref="BuildResult.StandsStill"/>).</summary>
    /// <param name="workspace">Where the build was.</param>
    /// <param name="pipeline">The declarations; none of them may come from environment variables, which have no stamp.</param>
    /// <param name="targets">The targets that the build looked at.</param>
    /// <param name="answer">What was answered.</param>
    /// <param name="files">Files that the question stands in, besides dq.json, dq.lock, the data, the outputs and the model cards.</param>
    /// <param name="read">The moment before dq.json was read; nothing is remembered where a file changed after it, or so shortly before that its stamp is no proof.</param>
    public void Remember(Workspace workspace, PipelineDeclaration pipeline, IReadOnlyCollection<Target> targets, string answer, IReadOnlyList<string> files, DeclarationMoment read)
    {
        var looked = new List<string>(files) { workspace.DeclarationPath, workspace.LockPath };
        foreach (var dataset in pipeline.Datasets.Values)
        {
            // A folder's files would have to be listed to see a new one among them: that is no standstill to be had for a few stamps.
            if (dataset is StoredDatasetDeclaration { Path: var path } && targets.Any(target => target.Dataset == dataset))
            {
                if (!File.Exists(path))
                    return;
                looked.Add(path);
            }
        }

        foreach (var target in targets)
        {
            foreach (var (_, path) in target.InputFiles)
                looked.Add(path);
            foreach (var file in target.PlacedFiles)
                looked.Add(workspace.OutputPath(target.Name, file));
        }

        var records = new List<StampRecord>(looked.Count);
        foreach (var file in looked)
        {
            // What is too young to be proof may be proof next time.
            var stamp = file == workspace.DeclarationPath ? read.Stamp : StampOf(file);
            if (stamp.IsRacy(read.Time))
                return;
            records.Add(new StampRecord(_home.Relative(file), stamp, Trusted: true, new byte[32]));
        }

        try
        {
            _ = Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            AtomicFile.Write(_path, stream =>
            {
                var writer = new StampWriter(stream);
                foreach (var record in records)
                    writer.Write(record);
                writer.End($"{_question}\n{answer}");
            });
        }
        catch (Exception e) when (e is DqException || AtomicFile.IsWriteFailure(e))
        {
            // A folder that cannot be written has nothing remembered, and every build decides anew.
        }
    }

    /// <summary>A file's stamp; one that no file has where there is none, so that a file that appears is a change.</summary>
    internal static FileStamp StampOf(string path) => FileStamp.Of(path) ?? new FileStamp(-1, 0, 0, 0);
}
