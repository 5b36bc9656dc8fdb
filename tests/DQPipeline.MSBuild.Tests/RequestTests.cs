using System.Collections;
using DQPipeline.Declarations;
using DQPipeline.Tool.MSBuild;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace DQPipeline.MSBuild.Tests;

/// <summary>What the task asks for is what the tool understands.</summary>
public sealed class RequestTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dq-request-");

    private string Request => Path.Combine(_folder.FullName, "obj", "dq", "request.xml");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Everything_arrives()
    {
        var project = Path.Combine(_folder.FullName, "app.csproj");
        var train = new TaskItem("dq");
        train.SetMetadata("LipschitzBeta", "1e-3");
        train.SetMetadata("Extends", "a <b> & \"c\"");
        train.SetMetadata("DqItemType", "DqTrain");
        train.SetMetadata("DqItemFile", project);
        var task = Task(project, [train], ["robustness", ""], ["train.dq.epochs=2; train.dq.batch=8"]);
        (task.SarifFile, task.JUnitFile) = ("out/dq.sarif", Path.Combine(Path.GetTempPath(), "dq.xml"));
        Assert.True(task.Execute());
        var read = BuildRequest.Read(Request);
        Assert.Equal((_folder.FullName, "cpu", true), (read.Folder, read.Device, read.GatesWarn));
        Assert.Equal((Path.Combine(_folder.FullName, "out", "dq.sarif"), Path.Combine(Path.GetTempPath(), "dq.xml")), (read.SarifFile, read.JUnitFile));
        Assert.Equal(["robustness"], read.Targets);
        Assert.Equal(["train.dq.epochs=2", "train.dq.batch=8"], read.Set);
        Assert.Equal(2, read.Items.Count);
        Assert.Equal(("Dq", "", project), (read.Items[0].Type, read.Items[0].Include, read.Items[0].File));
        Assert.Equal([new("Seed", "5")], read.Items[0].Options);
        Assert.Equal(("DqTrain", "dq", project), (read.Items[1].Type, read.Items[1].Include, read.Items[1].File));
        Assert.Equal([new("Extends", "a <b> & \"c\""), new("LipschitzBeta", "1e-3")], read.Items[1].Options);
    }

    [Fact]
    public void Files_that_nobody_asks_for_are_not_written()
    {
        Assert.True(Task(Path.Combine(_folder.FullName, "app.csproj"), [], [], []).Execute());
        var read = BuildRequest.Read(Request);
        Assert.Equal((null, null), (read.SarifFile, read.JUnitFile));
    }

    [Theory]
    [InlineData("CPU", "Warning", "Locked", null)]
    [InlineData("", "", "", null)]
    [InlineData("tpu", "error", "build", "DQ1004 DqDevice should be auto, cpu or cuda, not \"tpu\"")]
    [InlineData("auto", "warn", "build", "DQ1004 DqGateSeverity should be error or warning, not \"warn\"")]
    [InlineData("cpu", "error", "lock", "DQ1004 DqOnCI should be build, locked or skip, not \"lock\"")]
    public void Words_count_in_any_case_and_unknown_ones_are_refused(string device, string gates, string onCI, string? error)
    {
        var (project, engine) = (Path.Combine(_folder.FullName, "app.csproj"), new SilentEngine { Errors = error is null ? null : [] });
        var task = Task(project, [], [], []);
        (task.BuildEngine, task.Device, task.GateSeverity, task.OnCI) = (engine, device, gates, onCI);
        Assert.Equal(error is null, task.Execute());
        if (error is not null)
        {
            Assert.Equal([error], engine.Errors!);
            return;
        }

        var read = BuildRequest.Read(Request);
        Assert.Equal((device.Length > 0 ? "cpu" : "auto", gates.Length > 0), (read.Device, read.GatesWarn));
    }

    [Fact]
    public void A_request_that_says_the_same_keeps_its_time()
    {
        var project = Path.Combine(_folder.FullName, "app.csproj");
        Assert.True(Task(project, [], [], []).Execute());
        var then = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(Request, then);
        Assert.True(Task(project, [], [], []).Execute());
        Assert.Equal(then, File.GetLastWriteTimeUtc(Request));
        Assert.True(Task(project, [], ["other"], []).Execute());
        Assert.NotEqual(then, File.GetLastWriteTimeUtc(Request));
        Assert.Equal([Request], Directory.GetFiles(Path.GetDirectoryName(Request)!));
    }

    [Fact]
    public void Another_protocol_is_refused_with_both_versions()
    {
        var path = Path.Combine(_folder.FullName, "request.xml");
        File.WriteAllText(path, "<dq protocol=\"99\" version=\"7.8.9\" folder=\"/\" />");
        var failure = Assert.Throws<DqException>(() => BuildRequest.Read(path));
        Assert.Equal("DQ6008", failure.Diagnostics[0].Code);
        Assert.Contains("DQPipeline.MSBuild 7.8.9", failure.Diagnostics[0].Message, StringComparison.Ordinal);
        Assert.Contains(ToolVersion.Text, failure.Diagnostics[0].Message, StringComparison.Ordinal);
        Assert.NotEmpty(ToolVersion.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<dq")]
    [InlineData("<!DOCTYPE dq [<!ENTITY x \"y\">]><dq protocol=\"1\">&x;</dq>")]
    public void What_is_no_request_is_refused(string text)
    {
        var path = Path.Combine(_folder.FullName, "request.xml");
        File.WriteAllText(path, text);
        Assert.Equal("DQ6008", Assert.Throws<DqException>(() => BuildRequest.Read(path)).Diagnostics[0].Code);
    }

    [Fact]
    public void The_package_and_the_tool_of_one_build_have_one_version() => Assert.Equal(ToolVersion.Text, PackageVersion.Text);

    private DqRequestTask Task(string project, ITaskItem[] items, string[] targets, string[] set) => new()
    {
        BuildEngine = new SilentEngine(),
        RequestFile = Request,
        PipelineFile = Path.Combine(_folder.FullName, "dq.json"),
        ProjectFile = project,
        Device = "cpu",
        GateSeverity = "warning",
        Targets = targets,
        Set = set,
        Seed = "5",
        Items = items,
    };

    private sealed class SilentEngine : IBuildEngine
    {
        /// <summary>Takes the errors; null where there are to be none.</summary>
        public List<string>? Errors { get; init; }

        public bool ContinueOnError => false;

        public int LineNumberOfTaskNode => 0;

        public int ColumnNumberOfTaskNode => 0;

        public string ProjectFileOfTaskNode => "";

        public bool BuildProjectFile(string projectFileName, string[] targetNames, IDictionary globalProperties, IDictionary targetOutputs) => false;

        public void LogCustomEvent(CustomBuildEventArgs e)
        {
        }

        public void LogErrorEvent(BuildErrorEventArgs e)
        {
            Assert.True(Errors is not null, e.Message);
            Errors.Add($"{e.Code} {e.Message}");
        }

        public void LogMessageEvent(BuildMessageEventArgs e)
        {
        }

        public void LogWarningEvent(BuildWarningEventArgs e) => Assert.Fail(e.Message);
    }
}
