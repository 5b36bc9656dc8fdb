using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace DQPipeline.MSBuild;

/// <summary>A packaged model that is there, in one format.</summary>
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

    /// <summary>Where the pipeline has placed it.</summary>
    public string Path { get; }

    /// <summary>Where it goes below the output folder.</summary>
    public string TargetPath { get; set; }

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

    /// <summary>As an item of the build.</summary>
    public ITaskItem ToItem()
    {
        var item = new TaskItem(Path);
        item.SetMetadata("Package", Package);
        item.SetMetadata("Format", Format);
        item.SetMetadata("TargetPath", TargetPath);
        return item;
    }
}
