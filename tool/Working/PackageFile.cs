using DQPipeline.Declarations;
using DQPipeline.Onnx.Inference;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Outputs;

namespace DQPipeline.Tool.Working;

/// <summary>Writes what a package says of its model.</summary>
internal static class PackageFile
{
    public static void Write(string folder, DeployedModelInfo model)
    {
        var content = new PackageInfo(model.Labels, model.Channels, model.Height, model.Width, model.IsInteger);
        AtomicFile.Write(Path.Combine(folder, PackageTarget.InfoFile), FileJson.Write(content, FileJson.Context.PackageInfo));
    }
}
