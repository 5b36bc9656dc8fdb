using System.Text.Json.Nodes;
using DQPipeline.Testing;
using DQPipeline.Tool.Starting;
using SkiaSharp;

namespace DQPipeline.Journeys;

/// <summary>The first hour: from a folder of photographs to a model that says what is on another, with no file edited.</summary>
public sealed class StartingJourneys
{
    private static readonly string[] Classes = ["ball", "post", "waves"];

    [Fact]
    public async Task A_folder_of_photographs_becomes_a_model_that_knows_others()
    {
        using var folder = new Folder(null);
        var random = new Random(11);
        foreach (var name in Classes)
        {
            for (var i = 0; i < 40; i++)
                Photograph(folder.At("photos", name, $"{i:0000}.jpg"), name, random);
        }

        // The first page's commands, as they stand there.
        var page = File.ReadAllText(Path.Combine(DqTool.Repository, "README.md"));
        var part = page[page.IndexOf("## Your own photographs", StringComparison.Ordinal)..page.IndexOf("## What it is", StringComparison.Ordinal)];
        var typed = part.Split('\n').Where(line => line.StartsWith("dq ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1..]).ToArray();
        Assert.Equal(["init", "build", "predict"], typed.Select(words => words[0]));
        Photograph(folder.At("photo.jpg"), "ball", random);
        var ran = new List<Ran>();
        foreach (var words in typed)
            ran.Add((await DqTool.RunAsync(folder.Path, words)).Expect(0));
        Assert.Contains("photo.jpg", ran[2].Output + ran[2].Error, StringComparison.Ordinal);
        var built = ran[1];
        Assert.Contains($"package: {Path.Combine(".dq", "out", "app", "model.zip")}, {Path.Combine(".dq", "out", "app", "model.onnx")}", built.Error, StringComparison.Ordinal);
        Assert.Contains("gate passed: small clean", built.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.At(".dq", "out", "report", "report.html")) && File.Exists(folder.At(".dq", "out", "app", "model.zip")));
        foreach (var name in Classes)
        {
            for (var i = 0; i < 20; i++)
                Photograph(folder.At("new", $"{name}{i}.jpg"), name, random);
        }

        var images = Directory.GetFiles(folder.At("new")).Order(StringComparer.Ordinal).ToArray();
        var said = JsonNode.Parse((await DqTool.RunAsync(folder.Path, ["predict", "small", .. images, "--json"])).Expect(0).Output)!.AsArray();
        Assert.Equal(images.Length, said.Count);
        // A third would be right by chance, and 34 or more of 60 once in five thousand.
        var right = said.Count(answer => Path.GetFileName(answer!["image"]!.ToString()).StartsWith(answer["label"]!.ToString(), StringComparison.Ordinal));
        Assert.InRange(right, 34, 60);
    }

    [Fact]
    public async Task What_is_no_ordinary_file_among_photographs_is_not_waited_for()
    {
        using var folder = new Folder(null);
        foreach (var name in (string[])["ball", "post"])
        {
            Directory.CreateDirectory(folder.At("photos", name));
            for (var i = 0; i < 2; i++)
                NamedPipe.Make(folder.At("photos", name, $"{i}.jpg"));
        }

        NamedPipe.Make(folder.At("other.zip"));
        var found = Assert.Single(await NamedPipe.ReadAsync(() => FoundImages.In(folder.Path)));
        Assert.Equal((folder.At("photos"), 0), (found.Path, found.Side));
        Assert.Equal(["ball", "post"], found.Classes);
    }

    /// <param name="wanted">What is found first, of whatever is found.</param>
    /// <param name="folders">Folders, with two images each.</param>
    [Theory]
    [InlineData(". of ball, post", "test/ball", "test/post", "train/ball", "train/post")]
    [InlineData(". of ball, post", "ball", "post", ".hidden")]
    [InlineData("photos of ball, post", "photos/ball", "photos/post")]
    [InlineData("photos of ball, post", "photos/test/ball", "photos/test/post", "photos/train/ball", "photos/train/post")]
    [InlineData("", "ball", "post", "source/below/it")]
    [InlineData("", "test/ball", "test/post", "train")]
    public void A_data_set_is_found_whole_and_in_its_own_folder_too(string wanted, params string[] folders)
    {
        using var folder = new Folder(null);
        foreach (var one in folders)
        {
            Directory.CreateDirectory(folder.At(one));
            for (var i = 0; i < 2; i++)
                File.WriteAllBytes(folder.At(one, $"{i}.jpg"), []);
        }

        var found = FoundImages.In(folder.Path).Select(images => $"{Path.GetRelativePath(folder.Path, images.Path)} of {string.Join(", ", images.Classes)}");
        Assert.Equal(wanted, found.FirstOrDefault(""));
    }

    [Fact]
    public async Task A_folder_of_classes_is_a_pipelines_own()
    {
        using var folder = new Folder(null);
        var random = new Random(12);
        foreach (var name in Classes)
        {
            for (var i = 0; i < 4; i++)
                Photograph(folder.At(name, $"{i}.jpg"), name, random);
        }

        Assert.Contains("it trains on this folder, 3 classes: ball, post, waves", (await DqTool.RunAsync(folder.Path, "init")).Expect(0).Error, StringComparison.Ordinal);
        var shown = (await DqTool.RunAsync(folder.Path, "data", "show", "data")).Expect(0).Output;
        Assert.Contains("9 training images, 3 test images", shown, StringComparison.Ordinal);
        (await DqTool.RunAsync(folder.Path, "build", "train/full", "--set", "train.full.epochs=1", "--quiet")).Expect(0);
        (await DqTool.RunAsync(folder.Path, "build", "train/full", "--set", "train.full.epochs=2", "--quiet")).Expect(0);
        Assert.Single(Directory.GetFiles(folder.At(".dq", "cache", "images"), "*.safetensors"));
    }

    /// <summary>actions/cache saves only where everything succeeds; a gate that fails must not cost the trainings that it is about.</summary>
    [Fact]
    public async Task The_workflow_keeps_what_was_computed_where_a_gate_fails_too()
    {
        using var folder = new Folder(null);
        Directory.CreateDirectory(folder.At(".git"));
        (await DqTool.RunAsync(folder.Path, "init", "models", "--built-in", "--github")).Expect(0);
        var steps = File.ReadAllText(folder.At(".github", "workflows", "models.yml")).Split("\n      - ")[1..];
        var (restore, build, save) = (Step("uses: actions/cache/restore@"), Step("run: dotnet dq build"), Step("uses: actions/cache/save@"));
        Assert.True(restore < build && build < save, $"{restore}, {build}, {save}");
        Assert.Contains("\n        if: always()\n", steps[save], StringComparison.Ordinal);
        Assert.Contains("\n            models/.dq/cache\n", steps[save], StringComparison.Ordinal);
        Assert.Contains(Between("with:", "          restore-keys:", steps[restore]), steps[save], StringComparison.Ordinal);
        // A key that there is cannot be saved again, neither by a later commit's run nor by another attempt.
        Assert.Contains("${{ github.run_id }}-${{ github.run_attempt }}\n", steps[save], StringComparison.Ordinal);

        int Step(string start) => Assert.Single(Enumerable.Range(0, steps.Length), i => steps[i].StartsWith(start, StringComparison.Ordinal));

        static string Between(string start, string end, string text) => text[text.IndexOf(start, StringComparison.Ordinal)..text.IndexOf(end, StringComparison.Ordinal)];
    }

    /// <summary>A JPEG of a mixed size: an object in the class's form, of any place, size, colour and light, before a background with a gradient, clutter and grain.</summary>
    private static void Photograph(string path, string name, Random random)
    {
        var (width, height) = (random.Next(60, 120), random.Next(60, 120));
        using var bitmap = new SKBitmap(width, height);
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { IsAntialias = true };
        using (var shader = SKShader.CreateLinearGradient(new(0, 0), new(width, height), [Colour(random), Colour(random)], SKShaderTileMode.Clamp))
        {
            paint.Shader = shader;
            canvas.DrawRect(0, 0, width, height, paint);
            paint.Shader = null;
        }

        for (var i = 0; i < 6; i++)
        {
            paint.Color = Colour(random).WithAlpha(70);
            canvas.DrawLine(random.Next(width), random.Next(height), random.Next(width), random.Next(height), paint);
        }

        paint.Color = Colour(random);
        var (x, y, size) = (random.Next(width / 3, 2 * width / 3), random.Next(height / 3, 2 * height / 3), random.Next(18, 28));
        switch (name)
        {
            case "ball":
                canvas.DrawCircle(x, y, size * 0.8f, paint);
                break;
            case "post":
                canvas.DrawRect(x - (size / 5f), 0, size / 2.5f, height, paint);
                break;
            default:
                for (var row = random.Next(6); row < height; row += 12)
                    canvas.DrawRect(0, row, width, 5, paint);
                break;
        }

        for (var i = 0; i < width * height / 12; i++)
            bitmap.SetPixel(random.Next(width), random.Next(height), Colour(random).WithAlpha(255));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var data = SKImage.FromBitmap(bitmap).Encode(SKEncodedImageFormat.Jpeg, random.Next(70, 96));
        File.WriteAllBytes(path, data.ToArray());
    }

    private static SKColor Colour(Random random) => SKColor.FromHsv(random.Next(360), random.Next(30, 90), random.Next(40, 100));
}
