using DQPipeline.Declarations;
using DQPipeline.Declarations.Items;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Keys;
using DQPipeline.Targets.Workers;
using DQPipeline.Targets.Workers.Slurm;

namespace DQPipeline.Tool.Commands;

/// <summary>A folder's declarations, read, with the engine over them.</summary>
internal sealed class Opened
{
    private Opened(Workspace workspace, DeclarationMoment read, PipelineDeclaration pipeline)
    {
        Workspace = workspace;
        Read = read;
        Pipeline = pipeline;
        Graph = TargetGraph.Create(pipeline);
    }

    public Workspace Workspace { get; }

    /// <summary>The moment before dq.json was read.</summary>
    public DeclarationMoment Read { get; }

    public PipelineDeclaration Pipeline { get; }

    public TargetGraph Graph { get; }

    public static MethodVersions Method { get; } = new(MethodVersion.Train, MethodVersion.Evaluate, MethodVersion.Quantize, MethodVersion.Package);

    /// <summary>Reads the declarations of a folder, and lays what an MSBuild project declares beside them, whose request was read since a time.</summary>
    public static Opened At(string folder, IReadOnlyList<string> overrides, IReadOnlyList<DeclaredItem>? items = null, DateTimeOffset? since = null)
    {
        var workspace = new Workspace(folder);
        return new Opened(workspace, DeclarationMoment.Now(workspace, TimeProvider.System, since), PipelineFile.Load(workspace.DeclarationPath, overrides, items: items));
    }

    /// <summary>
    /// Splits <c>[DIR] [TARGET…]</c>: the first word is the folder when it is one with a dq.json, or cannot be a target's name; else all are targets of this folder.
    /// </summary>
    public static (string Folder, IReadOnlyList<string> Targets) Split(string[] words)
    {
        if (words.Length == 0)
            return (".", words);
        var first = words[0];
        var isFolder = File.Exists(Path.Combine(first, PipelineFile.Name)) || first is "." or ".." || Path.IsPathRooted(first) || first.StartsWith("./", StringComparison.Ordinal)
            || (Directory.Exists(first) && !File.Exists(PipelineFile.Name));
        return isFolder ? (first, words[1..]) : (".", words);
    }

    public static BuildOptions Options(string device) => new() { Method = Method, Device = DeviceKind.Of(device), Environment = Environment.GetEnvironmentVariable };

    /// <summary>The executor of this machine: this program again, as a worker.</summary>
    public static IExecutor Executor(Workspace workspace)
    {
        var (program, arguments) = Worker();
        return Backend.Before(new ProcessExecutor(workspace, program, arguments), workspace);
    }

    /// <summary>The executor of a cluster: the same program with the same arguments, but on its nodes.</summary>
    public static SlurmExecutor Slurm(Workspace workspace, PipelineDeclaration pipeline, SlurmBuild? asked = null)
    {
        var (program, arguments) = Worker();
        return new(workspace, pipeline.Executors.Slurm, program, arguments) { Asked = asked };
    }

    private static (string Program, string[] Arguments) Worker()
    {
        var self = Environment.ProcessPath ?? throw new InvalidOperationException("The program's own path is not known.");
        var isHost = Path.GetFileNameWithoutExtension(self).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return (self, isHost ? [typeof(Opened).Assembly.Location, "worker"] : ["worker"]);
    }
}
