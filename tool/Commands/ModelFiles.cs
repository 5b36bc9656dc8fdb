using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Tool.Commands;

/// <summary>What a MODEL or a DATASET on the command line means.</summary>
internal static class ModelFiles
{
    /// <summary>The file of a model: the path itself, or the output of a target of this folder.</summary>
    /// <param name="model">A path, or a target's name.</param>
    /// <param name="names">The outputs that will do, the most wanted first.</param>
    /// <exception cref="DqException">DQ3005: there is neither.</exception>
    public static string Find(string model, params ReadOnlySpan<string> names)
    {
        if (File.Exists(model))
            return Path.GetFullPath(model);
        var workspace = new Workspace(".");
        foreach (var name in names)
        {
            var placed = workspace.OutputPath(model, name);
            if (File.Exists(placed))
                return placed;
        }

        var wanted = names.ToArray();
        var declared = Completions.Targets(".", graph => graph.Targets.Where(target => target.Outputs.Any(wanted.Contains))).ToDictionary(target => target.Name);
        if (!declared.TryGetValue(model, out var target))
            throw new DqException(DiagnosticCodes.ModelCorrupt, $"there is no model \"{model}\": neither a file of that path nor a target of this folder that makes {string.Join(" or ", wanted)}{Spelling.DidYouMean(model, declared.Keys)}");
        var looked = Path.GetRelativePath(Environment.CurrentDirectory, workspace.OutputPath(model, wanted.First(target.Outputs.Contains)));
        throw new DqException(DiagnosticCodes.ModelCorrupt, $"there is no model \"{model}\": neither a file of that path nor {looked}; `dq build {model}` makes the latter");
    }

    /// <summary>The data set that a name means: of the dq.json that owns the model (the nearest above it), else an image folder or .zip of that path.</summary>
    /// <exception cref="DqException">DQ1005, DQ2001: it means nothing.</exception>
    public static DatasetDeclaration DatasetOf(string model, string data)
    {
        if (OwnerOf(model) is { } file)
        {
            try
            {
                var pipeline = PipelineFile.Load(file);
                if (pipeline.Datasets.TryGetValue(data, out var declared))
                    return declared;
                if (!Path.Exists(data))
                    throw new DqException(DiagnosticCodes.UnknownName, $"{file} declares no data set \"{data}\"{Spelling.DidYouMean(data, pipeline.Datasets.Keys)}, and there is no file or folder of that name");
            }
            catch (DqException) when (Path.Exists(data))
            {
                // Images that are named by their path need no declarations, so broken ones do not stand in the way.
            }
        }

        if (!Path.Exists(data))
            throw new DqException(DiagnosticCodes.DataMissing, $"there is no \"{data}\": neither a data set (no dq.json above the model) nor a file or folder of that name");
        return new ImageFolderDeclaration { Name = data, Path = Path.GetFullPath(data) };
    }

    /// <summary>The data set that a placed model was trained on, as the dq.json that owns it says; null where that is not known.</summary>
    public static DatasetDeclaration? TrainedOn(string model)
    {
        if (OwnerOf(model) is not { } file)
            return null;
        var pipeline = PipelineFile.Load(file);
        var workspace = new Workspace(Path.GetDirectoryName(file)!);
        var train = pipeline.Train.Values.FirstOrDefault(candidate => workspace.OutputPath(candidate.Name, TrainTarget.ModelFile) == model);
        return train is null ? null : pipeline.Datasets.GetValueOrDefault(train.Dataset);
    }

    /// <summary>The pipeline that owns a model; null where none does.</summary>
    public static Workspace? WorkspaceOf(string model) => OwnerOf(model) is { } file ? new(Path.GetDirectoryName(file)!) : null;

    private static string? OwnerOf(string model)
    {
        for (var folder = Path.GetDirectoryName(model); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var file = Path.Combine(folder, PipelineFile.Name);
            if (File.Exists(file))
                return file;
        }

        return null;
    }
}
