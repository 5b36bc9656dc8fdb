using Microsoft.Build.Framework;

namespace DQPipeline.MSBuild;

/// <summary>
/// For design-time builds, which must start nothing: where no build has written the code yet by which the app reaches its models, writes it with what is known from the
/// declarations alone, their names. The first real build puts labels and sizes in.
/// </summary>
public sealed class DqSketchTask : Microsoft.Build.Utilities.Task
{
    /// <summary>The C# file.</summary>
    [Required]
    public string CodeFile { get; set; } = "";

    /// <summary>Its namespace.</summary>
    public string CodeNamespace { get; set; } = "";

    /// <summary>The dq.json, which may be missing.</summary>
    public string PipelineFile { get; set; } = "";

    /// <summary>Items DqPackage.</summary>
    public ITaskItem[] DqPackage { get; set; } = [];

    /// <summary>Items DqModel.</summary>
    public ITaskItem[] DqModel { get; set; } = [];

    /// <inheritdoc/>
    public override bool Execute()
    {
        if (File.Exists(CodeFile))
            return true;
        try
        {
            IEnumerable<string> declared = File.Exists(PipelineFile) ? PackageNames.In(File.ReadAllText(PipelineFile)) : [];
            var names = declared.Concat(DqPackage.Select(item => item.ItemSpec)).Distinct();
            var models = names.Select(name => new PackagedModel(name, "mlnet", "", 0, 0, 0, [])).ToList();
            TextFile.WriteIfChanged(CodeFile, Accessor.Write(CodeNamespace, Placement.Choose(models, DqModel, out _)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // An editor goes on without; the build itself will say what is wrong.
            Log.LogMessage(MessageImportance.Low, failure.Message);
        }

        return true;
    }
}
