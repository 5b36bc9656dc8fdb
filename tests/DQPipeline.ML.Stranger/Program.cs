using System.Text.Json;
using Microsoft.ML;

// Usage: MODEL.zip IMAGES.json SAVED.zip: prints what the model says of the images, rows and single ones, and saves it again.
var context = new MLContext();
using var file = File.OpenRead(args[0]);
var model = context.Model.Load(file, out var schema);
var images = JsonSerializer.Deserialize<float[][]>(File.ReadAllText(args[1]))!;
var rows = context.Data.LoadFromEnumerable(images.Select(image => new Photo { Image = image }), schema);
var scored = model.Transform(rows);
var answers = context.Data.CreateEnumerable<Answer>(scored, reuseRowObject: false).ToArray();
using (var engine = context.Model.CreatePredictionEngine<Photo, Answer>(model, schema))
{
    var single = images.Select(image => engine.Predict(new Photo { Image = image })).ToArray();
    Console.WriteLine(JsonSerializer.Serialize(new { labels = answers.Select(a => a.PredictedLabel), scores = answers.Select(a => a.Score), single = single.Select(a => a.PredictedLabel) }));
}

context.Model.Save(model, schema, args[2]);

internal sealed class Photo
{
    public float[] Image { get; set; } = [];
}

internal sealed class Answer
{
    public string PredictedLabel { get; set; } = "";

    public float[] Score { get; set; } = [];
}
