using System.Diagnostics;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace DQPipeline.MSBuild;

/// <summary>
/// Runs the tool out of process on one request and turns what it says into MSBuild's own messages, warnings and errors. Thin on purpose: its assembly stays loaded in
/// MSBuild's nodes long after the build.
/// </summary>
public sealed class DqBuildTask : ToolTask
{
    /// <summary>How long a cancelled tool may take for its checkpoint before it is killed.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(20);

    private readonly List<PackagedModel> _models = [];
    private readonly ManualResetEventSlim _ended = new(false);
    private string _toolVersion = "";

    /// <summary>build, locked, collect, status, metrics, clean or purge.</summary>
    [Required]
    public string Command { get; set; } = "";

    /// <summary>The kind of target that is asked for (train, quantize, evaluate, …); empty for all.</summary>
    public string Kind { get; set; } = "";

    /// <summary>The request that <see cref="DqRequestTask"/> wrote.</summary>
    [Required]
    public string RequestFile { get; set; } = "";

    /// <summary>The project's folder, from which the tool names files.</summary>
    [Required]
    public string ProjectFolder { get; set; } = "";

    /// <summary>The page that explains the codes of diagnostics.</summary>
    public string DiagnosticsPage { get; set; } = "";

    /// <summary>The tool's assembly within this package.</summary>
    public string ToolAssembly { get; set; } = "";

    /// <summary>A command line that runs the tool instead of the one in this package, such as <c>dotnet dq</c>.</summary>
    public string ToolCommand { get; set; } = "";

    /// <summary>Items DqModel: which packaged models the project takes, and where they go; none for all.</summary>
    public ITaskItem[] DqModel { get; set; } = [];

    /// <summary>The C# file by which the app reaches its models; empty for none.</summary>
    public string CodeFile { get; set; } = "";

    /// <summary>The namespace of that file.</summary>
    public string CodeNamespace { get; set; } = "";

    /// <summary>The packaged models that the project takes, with the metadata Package, Format and TargetPath.</summary>
    [Output]
    public ITaskItem[] Models { get; private set; } = [];

    /// <inheritdoc/>
    protected override string ToolName => "dotnet-dq";

    /// <inheritdoc/>
    protected override Encoding StandardOutputEncoding => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc/>
    protected override Encoding StandardErrorEncoding => StandardOutputEncoding;

    /// <inheritdoc/>
    protected override MessageImportance StandardErrorLoggingImportance => MessageImportance.High;

    /// <inheritdoc/>
    protected override MessageImportance StandardOutputLoggingImportance => MessageImportance.Normal;

    private string CancelFile => RequestFile + ".cancel";

    /// <inheritdoc/>
    public override bool Execute()
    {
        try
        {
            // A node that runs other projects meanwhile is not kept from them.
            YieldDuringToolExecution = true;
            File.Delete(CancelFile);
            return base.Execute() && TakeModels();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Error("DQ6004", "", 0, 0, $"{failure.Message} Check the path, its permissions and the free space.");
            return false;
        }
        finally
        {
            _ended.Set();
        }
    }

    /// <inheritdoc/>
    public override void Cancel()
    {
        try
        {
            // Asked first and killed later: a training ends with a checkpoint at the very step where it is.
            File.WriteAllText(CancelFile, "");
            _ended.Wait(s_grace);
            File.Delete(CancelFile);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.LogMessage(MessageImportance.Low, failure.Message);
        }

        base.Cancel();
    }

    /// <inheritdoc/>
    protected override string GenerateFullPathToTool() => Words().Program;

    /// <inheritdoc/>
    protected override string GenerateCommandLineCommands()
    {
        using var self = Process.GetCurrentProcess();
        List<string> words = [.. Words().Arguments, "msbuild", Path.GetFullPath(RequestFile), Command];
        if (Kind.Length > 0)
            words.AddRange(["--kind", Kind]);
        words.AddRange(["--parent", self.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), "--cancel", Path.GetFullPath(CancelFile)]);
        return Programs.Join(words);
    }

    /// <inheritdoc/>
    protected override string GetWorkingDirectory() => ProjectFolder;

    /// <inheritdoc/>
    protected override void LogEventsFromTextOutput(string singleLine, MessageImportance messageImportance)
    {
        if (MessageLine.TryParse(singleLine) is not { } line)
        {
            base.LogEventsFromTextOutput(singleLine, messageImportance);
            return;
        }

        switch (line.Kind)
        {
            case "error":
                Error(line[0], line[1], line.Number(2), line.Number(3), line[4]);
                break;
            case "warning":
                Log.LogWarning("", line[0], null, HelpLink(line[0]), FullPath(line[1]), line.Number(2), line.Number(3), 0, 0, "{0}", line[4]);
                break;
            case "model":
                _models.Add(PackagedModel.Of(line));
                break;
            case "version":
                _toolVersion = line[0];
                CheckVersion();
                break;
            default:
                Log.LogMessage(line.Kind switch { "high" => MessageImportance.High, "low" => MessageImportance.Low, _ => MessageImportance.Normal }, "{0}", line[0]);
                break;
        }
    }

    /// <summary>The models that the project takes, and the code that reaches them.</summary>
    private bool TakeModels()
    {
        if (Command is not ("build" or "locked" or "collect"))
            return true;
        var taken = Placement.Choose(_models, DqModel, out var unknown);
        foreach (var item in unknown)
        {
            var known = string.Join(", ", _models.Select(model => $"{model.Package} ({model.Format})"));
            Error("DQ1005", item.GetMetadata("DefiningProjectFullPath"), 0, 0, $"DqModel names a packaged model, by Format and the ending of TargetPath where they are given, and \"{item.ItemSpec}\" is none; there are: {(known.Length > 0 ? known : "none")}");
        }

        Models = [.. taken.Where(model => model.IsHere).Select(model => model.ToItem())];
        if (CodeFile.Length > 0 && TextFile.WriteIfChanged(CodeFile, Accessor.Write(CodeNamespace, taken)))
            Log.LogMessage(MessageImportance.Low, "{0} is written anew.", CodeFile);
        return !Log.HasLoggedErrors;
    }

    private void CheckVersion()
    {
        if (_toolVersion != PackageVersion.Text)
        {
            Log.LogWarning(
                "", "DQ6008", null, HelpLink("DQ6008"), "", 0, 0, 0, 0, "{0}",
                $"DQPipeline.MSBuild {PackageVersion.Text} runs dotnet-dq {_toolVersion}; install both in the same version, or leave DqToolCommand out: the package brings the tool");
        }
    }

    private void Error(string code, string file, int line, int column, string message) =>
        Log.LogError("", code, null, HelpLink(code), FullPath(file), line, column, 0, 0, "{0}", message);

    /// <summary>The tool names files from the project's folder, as people read them; loggers and editors want them whole.</summary>
    private string FullPath(string file) => file.Length == 0 || file.StartsWith("--", StringComparison.Ordinal) ? file : Path.Combine(GetWorkingDirectory(), file);

    private string? HelpLink(string code) => DiagnosticsPage.Length == 0 ? null : $"{new Uri(Path.GetFullPath(DiagnosticsPage)).AbsoluteUri}#{code.ToLowerInvariant()}";

    /// <summary>The command line that runs the tool, in words: its program by its full path.</summary>
    private (string Program, IReadOnlyList<string> Arguments) Words()
    {
        if (ToolCommand.Trim().Length == 0)
            return (Programs.DotnetHost(), [Path.GetFullPath(ToolAssembly)]);
        var words = Programs.Split(ToolCommand);
        return (Programs.Find(words[0]), [.. words.Skip(1)]);
    }
}
