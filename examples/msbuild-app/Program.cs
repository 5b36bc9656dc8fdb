using HouseNumbers;
using Microsoft.ML;
using Microsoft.ML.Data;

// Usage: dotnet run -- IMAGE…: the digit on each image, by the model that `dotnet build` trained, attacked, gated and packaged.
if (args.Length == 0)
{
    Console.Error.WriteLine($"usage: dotnet run -- IMAGE…; the model knows {string.Join(", ", DqModels.Digits.Labels)}");
    return 2;
}

var context = new MLContext();
var model = DqModels.Digits.Load(context);
using var engine = context.Model.CreatePredictionEngine<Photo, Answer>(model);
foreach (var path in args)
{
    using var image = MLImage.CreateFromFile(path);
    var answer = engine.Predict(new Photo { Image = image });
    Console.WriteLine($"{path}: {answer.PredictedLabel} ({answer.Probability.Max():P1})");
}

return 0;

internal sealed class Photo
{
    // The size is the column's type; images of other sizes are resized as in training.
    [Microsoft.ML.Transforms.Image.ImageType(DqModels.Digits.Height, DqModels.Digits.Width)]
    public MLImage? Image { get; set; }
}

internal sealed class Answer
{
    public string PredictedLabel { get; set; } = "";

    public float[] Probability { get; set; } = [];
}
