using System.Diagnostics;
using System.Globalization;
using DQPipeline.Declarations;
using Microsoft.ML;

// Usage: batch MODEL.zip FOLDER: a line of path, label and probability for each JPEG or PNG below the folder, as CSV.
if (args is not [var path, var folder])
{
    Console.Error.WriteLine("usage: batch MODEL.zip FOLDER");
    return 2;
}

// Cameras write IMG_0001.JPG as well.
var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
    .Where(file => Path.GetExtension(file).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png")
    .Order(StringComparer.Ordinal).Select(file => new Photo { Path = Path.GetRelativePath(folder, file) }).ToArray();
var context = new MLContext();
var model = context.Model.Load(path, out _);
var photos = context.Data.LoadFromEnumerable(files);
// The files' own bytes: the model decodes and resizes them as its training did.
var images = context.Transforms.LoadRawImageBytes("Image", folder, nameof(Photo.Path)).Fit(photos).Transform(photos);
var (clock, done) = (Stopwatch.StartNew(), 0);
Console.WriteLine("path,label,probability");
try
{
    foreach (var row in context.Data.CreateEnumerable<Labelled>(model.Transform(images), reuseRowObject: true))
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Quoted(row.Path)},{Quoted(row.PredictedLabel)},{row.Probability.Max():F4}"));
        done++;
    }
}
catch (DqException e)
{
    Console.Error.WriteLine($"{files[done].Path}: {e.Message}");
    return 1;
}

Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done} images, {done / clock.Elapsed.TotalSeconds:F0} images/s"));
return 0;

static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

internal sealed class Photo
{
    public string Path { get; set; } = "";
}

internal sealed class Labelled
{
    public string Path { get; set; } = "";

    public string PredictedLabel { get; set; } = "";

    public float[] Probability { get; set; } = [];
}
