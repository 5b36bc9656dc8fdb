using Microsoft.Build.Framework;

namespace DQPipeline.MSBuild;

/// <summary>Writes down what the project declares and sets, resolved to the last option, for the tool to read.</summary>
public sealed class DqRequestTask : Microsoft.Build.Utilities.Task
{
    /// <summary>The metadata that say what a declaring item is, and which file it stands in: copying an item loses both.</summary>
    internal const string TypeMetadata = "DqItemType";

    /// <inheritdoc cref="TypeMetadata"/>
    internal const string FileMetadata = "DqItemFile";

    /// <summary>The file that is written.</summary>
    [Required]
    public string RequestFile { get; set; } = "";

    /// <summary>The dq.json; its folder is the pipeline's. It may be missing where items declare everything.</summary>
    [Required]
    public string PipelineFile { get; set; } = "";

    /// <summary>The project; its properties count as written there.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>auto, cpu or cuda.</summary>
    public string Device { get; set; } = "";

    /// <summary>error or warning: what a failed gate is.</summary>
    public string GateSeverity { get; set; } = "";

    /// <summary>build, locked or skip: what a build on CI does. The targets go by it; here it is checked alone.</summary>
    public string OnCI { get; set; } = "";

    /// <summary>Where the findings and gates go as SARIF, from the project's folder; empty for nowhere.</summary>
    public string SarifFile { get; set; } = "";

    /// <summary>Where the gates and targets go as JUnit XML, from the project's folder; empty for nowhere.</summary>
    public string JUnitFile { get; set; } = "";

    /// <summary>Names of targets; none is everything.</summary>
    public string[] Targets { get; set; } = [];

    /// <summary>Values laid over the declarations, <c>path=value</c>.</summary>
    public string[] Set { get; set; } = [];

    /// <summary>The pipeline's seed, where a property declares it.</summary>
    public string Seed { get; set; } = "";

    /// <summary>The workers' threads, where a property declares them.</summary>
    public string Threads { get; set; } = "";

    /// <summary>Items that declare something, with the metadata DqItemType and DqItemFile beside their own.</summary>
    public ITaskItem[] Items { get; set; } = [];

    /// <inheritdoc/>
    public override bool Execute()
    {
        // MSBuild compares without regard to case, and keys hold these words as they stand.
        var (device, gates) = (Device.ToLowerInvariant(), GateSeverity.ToLowerInvariant());
        if (!(IsOneOf("DqDevice", device, "auto", "cpu", "cuda") & IsOneOf("DqGateSeverity", gates, "error", "warning") & IsOneOf("DqOnCI", OnCI.ToLowerInvariant(), "build", "locked", "skip")))
            return false;
        var request = new RequestFile(PackageVersion.Text, Path.GetDirectoryName(Path.GetFullPath(PipelineFile))!);
        request.Attribute("device", device);
        request.Attribute("gates", gates);
        request.Attribute("sarif", FullPath(SarifFile));
        request.Attribute("junit", FullPath(JUnitFile));
        request.Elements("target", Parts(Targets));
        request.Elements("set", Parts(Set));
        request.Properties("Dq", ProjectFile, new SortedDictionary<string, string> { ["Seed"] = Seed, ["Threads"] = Threads });
        request.Items(Items);
        try
        {
            var isNew = request.WriteTo(RequestFile);
            Log.LogMessage(MessageImportance.Low, "The request to dotnet-dq, {0}, is {1}.", RequestFile, isNew ? "written anew" : "unchanged");
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.LogError("", "DQ6004", null, null, RequestFile, 0, 0, 0, 0, "{0}", $"{failure.Message} Check the path, its permissions and the free space.");
            return false;
        }
    }

    /// <summary>Whether a property holds one of its words or nothing; it is told where it does not.</summary>
    private bool IsOneOf(string property, string word, params string[] words)
    {
        if (word.Length == 0 || words.Contains(word))
            return true;
        Log.LogError("", "DQ1004", null, null, ProjectFile, 0, 0, 0, 0, "{0}", $"{property} should be {string.Join(", ", words.Take(words.Length - 1))} or {words[words.Length - 1]}, not \"{word}\"");
        return false;
    }

    private string FullPath(string path) => path.Length == 0 ? "" : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ProjectFile)!, path));

    /// <summary>The parts of a list. On a command line a semicolon ends a property, so that there it is written %3B, which MSBuild does not take lists apart at.</summary>
    private static IEnumerable<string> Parts(string[] list) => list.SelectMany(text => text.Split(';')).Select(text => text.Trim()).Where(text => text.Length > 0);
}
