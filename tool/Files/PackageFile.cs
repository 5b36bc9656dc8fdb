using DQPipeline.Declarations;
using DQPipeline.Onnx.Inference;
using DQPipeline.Targets;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Tool.Files;

/// <summary>What a package says of its model, for those who do not want to open the model for it: <c>model.json</c> beside it.</summary>
/// <param name="Labels">Class names in the order of the scores.</param>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns of an image.</param>
/// <param name="IsInteger">Whether it computes in integers.</param>
internal sealed record PackageContent(IReadOnlyList<string> Labels, int Channels, int Height, int Width, bool IsInteger);

/// <summary>The file that holds a <see cref="PackageContent"/>.</summary>
internal static class PackageFile
{
    public static void Write(string folder, DeployedModelInfo model)
    {
        var content = new PackageContent(model.Labels, model.Channels, model.Height, model.Width, model.IsInteger);
        AtomicFile.Write(Path.Combine(folder, PackageTarget.InfoFile), FileJson.Write(content, FileJson.Context.PackageContent));
    }

    /// <summary>What is placed in the workspace; null where it is not there.</summary>
    public static PackageContent? TryRead(Workspace workspace, PackageTarget package) =>
        FileJson.TryRead(workspace.OutputPath(package.Name, PackageTarget.InfoFile), FileJson.Context.PackageContent);
}
