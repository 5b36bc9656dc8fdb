using DQPipeline.Declarations;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Keys;

namespace DQPipeline.Targets.Building;

/// <summary>
/// The memory of a build that found nothing to do and nothing to say: the stamps of every file that it looked at. While all of them stand, so does its answer, and
/// neither dq.json nor dq.lock needs to be read again. Like every stamp it saves work and decides nothing: with one file changed, however little, the whole
/// decision is made anew from contents.
/// </summary>
public static class Standstill
{
    /// <summary>How many targets are up to date, if nothing has changed since a build found so; null where that is not certain.</summary>
    /// <param name="workspace">The folder.</param>
    /// <param name="method">The versions of the method's code.</param>
    /// <param name="device">The device kind, <c>cpu</c> or <c>cuda</c>.</param>
    public static int? Recall(Workspace workspace, MethodVersions method, string device)
    {
        try
        {
            using var stream = new FileStream(PathIn(workspace), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 14);
            var reader = new StampReader(stream);
            var stands = true;
            while (reader.Read(out var record))
                stands = stands && FileStamp.Of(Path.Combine(workspace.Folder, record.Name)) == record.Stamp;
            var (head, count) = Split(reader.Tail);
            return stands && head == Head(method, device) && int.TryParse(count, out var targets) ? targets : null;
        }
        catch (Exception e) when (e is InvalidDataException || AtomicFile.IsWriteFailure(e))
        {
            return null;
        }
    }

    /// <summary>Remembers a build of everything that dq.json declares, as it stands there, which ended with every target up to date and no finding.</summary>
    internal static void Remember(Workspace workspace, TargetGraph graph, BuildOptions options, IReadOnlyList<Node> nodes, DateTimeOffset now)
    {
        var files = new List<string> { workspace.DeclarationPath, workspace.LockPath };
        foreach (var dataset in graph.Pipeline.Datasets.Values)
        {
            // A folder's files would have to be listed to see a new one among them: that is no standstill to be had for a few stamps.
            if (dataset is StoredDatasetDeclaration { Path: var path } && nodes.Any(node => node.Target.Dataset == dataset))
            {
                if (!File.Exists(path))
                    return;
                files.Add(path);
            }
        }

        foreach (var node in nodes)
        {
            foreach (var output in node.Target.Outputs)
                files.Add(workspace.OutputPath(node.Target.Name, output));
        }

        var records = new List<StampRecord>(files.Count);
        foreach (var file in files)
        {
            // What is absent was not needed; what is too young to be proof may be proof next time.
            if (FileStamp.Of(file) is not { } stamp)
                continue;
            if (stamp.IsRacy(now))
                return;
            records.Add(new StampRecord(workspace.Relative(file), stamp, Trusted: true, new byte[32]));
        }

        try
        {
            _ = Directory.CreateDirectory(workspace.StateFolder);
            AtomicFile.Write(PathIn(workspace), stream =>
            {
                var writer = new StampWriter(stream);
                foreach (var record in records)
                    writer.Write(record);
                writer.End($"{Head(options.Method, options.Device)}\n{nodes.Count}");
            });
        }
        catch (Exception e) when (e is DqException || AtomicFile.IsWriteFailure(e))
        {
            // A folder that cannot be written has nothing remembered, and every build decides anew.
        }
    }

    private static string PathIn(Workspace workspace) => Path.Combine(workspace.StateFolder, "standstill");

    /// <summary>What the answer depends on besides files; another build of this assembly may decide otherwise.</summary>
    private static string Head(MethodVersions method, string device) => $"{typeof(Standstill).Module.ModuleVersionId} {method.Train} {method.Evaluate} {device}";

    private static (string Head, string Count) Split(string tail)
    {
        var end = tail.IndexOf('\n');
        return end < 0 ? ("", "") : (tail[..end], tail[(end + 1)..]);
    }
}
