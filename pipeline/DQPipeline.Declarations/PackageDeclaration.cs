namespace DQPipeline.Declarations;

/// <summary>A model in the forms in which apps take it. It is not packaged while one of its gates fails, or one of the trained model that it was made of.</summary>
public sealed record PackageDeclaration
{
    /// <summary>The form of an ML.NET model, a .zip with the transformer of DQPipeline.ML and the model inside.</summary>
    public const string Mlnet = "mlnet";

    /// <summary>The form of an ML.NET model of Microsoft's own transformers alone.</summary>
    public const string Stock = "mlnet-stock";

    /// <summary>The form of an ONNX file.</summary>
    public const string Onnx = "onnx";

    /// <summary>The target's name; for a model of a matrix, with the member's.</summary>
    public string Name { get; init; } = "";

    /// <summary>The entry's name.</summary>
    public string Group { get; init; } = "";

    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>The model, integer or trained (which is packaged in float arithmetic); the name of a matrix gives one package for each of its members. Required.</summary>
    public string Model { get; init; } = "";

    /// <summary>
    /// <c>mlnet</c> writes model.zip, which <c>mlContext.Model.Load</c> reads where the package DQPipeline.ML is referenced; <c>mlnet-stock</c> writes model-stock.zip, which needs
    /// Microsoft's packages alone and scores row by row; <c>onnx</c> writes model.onnx. The default is mlnet and onnx.
    /// </summary>
    public IReadOnlyList<string> Formats { get; init; } = [Mlnet, Onnx];

    /// <summary>
    /// A detector of adversarial images in model.zip, whose column <c>IsAdversarial</c> says whether the squeezed image gets another label than the image itself. The default is none.
    /// </summary>
    public SqueezeDeclaration Detector { get; init; } = new();

    /// <summary>By value, the list of formats included.</summary>
    public bool Equals(PackageDeclaration? other) =>
        other is not null && (Name, Group, Place, Model, Detector) == (other.Name, other.Group, other.Place, other.Model, other.Detector) && Formats.SequenceEqual(other.Formats);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Model);
}
