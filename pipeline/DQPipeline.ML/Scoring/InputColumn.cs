using DQPipeline.Onnx.Inference;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace DQPipeline.ML.Scoring;

/// <summary>The column of images: what it may be. Errors are those that ML.NET's own transforms give.</summary>
internal static class InputColumn
{
    /// <summary>The column of a schema.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or of a type that the model cannot take.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name, DeployedModelInfo info)
    {
        var column = schema.GetColumnOrNull(name) ?? throw Missing(name);
        var fits = column.Type switch
        {
            ImageDataViewType => info.Channels is 1 or 3,
            VectorDataViewType { ItemType: NumberDataViewType item } vector when item == NumberDataViewType.Single => vector.Size == 0 || vector.Size == info.ImageSize,
            VectorDataViewType { ItemType: NumberDataViewType item } => item == NumberDataViewType.Byte && info.Channels is 1 or 3,
            _ => false,
        };
        return fits ? column : throw Mismatch(name, $"an image, {Numbers(info)}, or the bytes of a JPEG or PNG file", column.Type.ToString()!);
    }

    /// <summary>Holds what is known of a schema before there are data against what a model can take.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of a type that no model takes.</exception>
    public static void Check(SchemaShape schema, string name)
    {
        if (schema.FirstOrDefault(candidate => candidate.Name == name) is not { Name: not null } column)
            throw Missing(name);
        var isVector = column.Kind != SchemaShape.Column.VectorKind.Scalar;
        if (!(isVector ? column.ItemType == NumberDataViewType.Single || column.ItemType == NumberDataViewType.Byte : column.ItemType is ImageDataViewType))
            throw Mismatch(name, "an image, a vector of float, or the bytes of a JPEG or PNG file", $"{column.Kind} of {column.ItemType}");
    }

    private static string Numbers(DeployedModelInfo info) => $"a vector of {info.Channels}×{info.Height}×{info.Width} = {info.ImageSize} float";

    private static ArgumentOutOfRangeException Missing(string name) => new("inputSchema", $"Could not find input column '{name}'");

    private static ArgumentOutOfRangeException Mismatch(string name, string wanted, string got) => new("inputSchema", $"Schema mismatch for input column '{name}': expected {wanted}, got {got}");
}
