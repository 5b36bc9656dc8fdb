using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace DQPipeline.MSBuild;

/// <summary>A packaged model in one format, which is there or only declared.</summary>
internal sealed class PackagedModel
{
    public PackagedModel(string package, string format, string path, int channels, int height, int width, IReadOnlyList<string> labels)
    {
        Package = package;
        Format = format;
        Path = path;
        Channels = channels;
        Height = height;
        Width = width;
        Labels = labels;
        TargetPath = package + format switch { "mlnet" => ".zip", "mlnet-stock" => "-stock.zip", _ => ".onnx" };
    }

    /// <summary>The package's name in dq.json.</summary>
    public string Package { get; }

    /// <summary>mlnet, mlnet-stock or onnx.</summary>
    public string Format { get; }

    /// <summary>Where the pipeline has placed it; empty where it is not there.</summary>
    public string Path { get; }

    /// <summary>Whether it is there.</summary>
    public bool IsHere => Path.Length > 0;

    /// <summary>Where it goes below the output folder.</summary>
    public string TargetPath { get; private set; }

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    public IReadOnlyList<string> Labels { get; }

    /// <summary>The model of a line of the kind <c>model</c>.</summary>
    public static PackagedModel Of(MessageLine line)
    {
        var labels = new List<string>();
        for (var i = 6; i < line.Count; i++)
            labels.Add(line[i]);
        return new PackagedModel(line[0], line[1], line[2], line.Number(3), line.Number(4), line.Number(5), labels);
    }

    /// <summary>The same model at another place below the output folder.</summary>
    public PackagedModel At(string targetPath) => new(Package, Format, Path, Channels, Height, Width, Labels) { TargetPath = targetPath };

    /// <summary>As an item of the build.</summary>
    public ITaskItem ToItem()
    {
        var item = new TaskItem(Escaped(Path));
        item.SetMetadata("Package", Escaped(Package));
        item.SetMetadata("Format", Format);
        item.SetMetadata("TargetPath", Escaped(TargetPath));
        return item;
    }

    /// <summary>MSBuild takes what it is given for escaped: a folder that a CI calls after a branch, <c>a%2Fb</c>, would become two.</summary>
    private static string Escaped(string text) => text.Replace("%", "%25");
}
