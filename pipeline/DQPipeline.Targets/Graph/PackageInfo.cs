using System.Text.Json;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Graph;

/// <summary>What a package says of its model, for those who do not want to open the model for it: <c>model.json</c> beside it.</summary>
/// <param name="Labels">Class names in the order of the scores.</param>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns of an image.</param>
/// <param name="IsInteger">Whether it computes in integers.</param>
public sealed record PackageInfo(IReadOnlyList<string> Labels, int Channels, int Height, int Width, bool IsInteger)
{
    /// <summary>What is placed in the workspace; null where it is not there, or is no such file.</summary>
    public static PackageInfo? TryRead(Workspace workspace, PackageTarget package)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(workspace.OutputPath(package.Name, PackageTarget.InfoFile)));
            var root = document.RootElement;
            return new(
                [.. root.GetProperty("labels").EnumerateArray().Select(label => label.GetString()!)],
                root.GetProperty("channels").GetInt32(),
                root.GetProperty("height").GetInt32(),
                root.GetProperty("width").GetInt32(),
                root.GetProperty("isInteger").GetBoolean());
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException || AtomicFile.IsWriteFailure(failure))
        {
            return null;
        }
    }
}
