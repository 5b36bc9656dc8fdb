using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Testing;
using DQPipeline.Tool.Commands;

namespace DQPipeline.Journeys;

/// <summary>Builds that answer from memory.</summary>
public class StandstillJourneys
{
    [Fact]
    public async Task What_was_warned_of_is_said_again_with_the_file_as_it_is_seen_from_here()
    {
        _ = RealData.Require(DeviceKind.MayHaveGpu ? null : "cpu", "a machine that certainly has no GPU: elsewhere nothing is answered before libtorch is asked");
        using var folder = new Folder();
        var workspace = new Workspace(folder.Path);
        var pipeline = PipelineFile.Load(workspace.DeclarationPath);
        var warning = new Diagnostic(DiagnosticCodes.SingleStepBeatsIterated, "dq may mask its gradients", new SourcePlace(workspace.DeclarationPath, 8, 5), Severity.Warning);
        new Standstill(workspace, Opened.Method, "cpu").Remember(
            workspace, pipeline, TargetGraph.Create(pipeline).Targets, new StandstillAnswer(6, [warning]).Write(), [], DeclarationMoment.Now(workspace, TimeProvider.System, DateTimeOffset.UtcNow.AddMinutes(1)));

        var parent = Path.GetDirectoryName(folder.Path)!;
        foreach (var (from, asked) in new[] { (folder.Path, "."), (parent, Path.GetFileName(folder.Path)) })
        {
            var ran = (await DqTool.RunAsync(from, "build", asked)).Expect(0);
            Assert.StartsWith($"{Path.Combine(asked, "dq.json").Replace("./", "", StringComparison.Ordinal)}(8,5): warning DQ4102: dq may mask its gradients\ndq: 6 targets up to date", ran.Error, StringComparison.Ordinal);
        }

        Assert.Equal(0, folder.Workers());
    }
}
