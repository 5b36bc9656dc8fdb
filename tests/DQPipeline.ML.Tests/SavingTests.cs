using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Text.Json;
using DQPipeline.Declarations;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace DQPipeline.ML.Tests;

/// <summary>Saved models: what is in them, who can load them, and what damage says.</summary>
public sealed class SavingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dq-ml-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Every internal of ML.NET that the transformer uses, by name and signature: an ML.NET in which one is gone fails here and not in an app.</summary>
    [Theory]
    [InlineData("Microsoft.ML.ModelSaveContext", "Void CheckAtModel()")]
    [InlineData("Microsoft.ML.ModelSaveContext", "Void SetVersionInfo(Microsoft.ML.VersionInfo)")]
    [InlineData("Microsoft.ML.ModelSaveContext", "Void SaveBinaryStream(System.String, System.Action`1[System.IO.BinaryWriter])")]
    [InlineData("Microsoft.ML.ModelLoadContext", "Void CheckAtModel(Microsoft.ML.VersionInfo)")]
    [InlineData("Microsoft.ML.ModelLoadContext", "Boolean TryLoadBinaryStream(System.String, System.Action`1[System.IO.BinaryReader])")]
    [InlineData("Microsoft.ML.VersionInfo", "Void .ctor(System.String, UInt32, UInt32, UInt32, System.String, System.String, System.String)")]
    [InlineData("Microsoft.ML.LoadableClassAttribute", "Void .ctor(System.Type, System.Type, System.Type, System.String, System.String[])")]
    [InlineData("Microsoft.ML.SignatureLoadModel", "Void Invoke(Microsoft.ML.ModelLoadContext)")]
    [InlineData("Microsoft.ML.SchemaShape", "Microsoft.ML.SchemaShape Create(Microsoft.ML.DataViewSchema)")]
    [InlineData("Microsoft.ML.Data.AnnotationUtils", "Microsoft.ML.Data.KeyDataViewType get_ScoreColumnSetIdType()")]
    public void Every_internal_that_is_used_is_there(string type, string member)
    {
        const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
        var found = typeof(ITransformer).Assembly.GetType(type, throwOnError: true)!;
        Assert.Contains(member, found.GetMembers(Any).Select(one => one.ToString()));
    }

    [Fact]
    public void A_saved_model_predicts_the_same_and_saves_the_same_again()
    {
        var context = Models.Context();
        var options = new DefensiveQuantizationOptions
        {
            ScoreColumnName = "Logits",
            ProbabilityColumnName = "Score",
            PredictedLabelKeyColumnName = null,
            IsAdversarialColumnName = "Odd",
            Detector = new() { Bits = 3 },
            Threads = 1,
            BatchSize = 7,
        };
        var view = Models.View(context, 20);
        var (first, second) = (File("first.zip"), File("second.zip"));
        context.Model.Save(context.Transforms.DefensiveQuantization(Models.Integer, options).Fit(view), view.Schema, first);
        var loaded = context.Model.Load(first, out var schema);
        context.Model.Save(loaded, schema, second);
        Assert.Equal(Content(first), Content(second));
        Assert.Equal(view.Schema.Select(column => (column.Name, column.Type)), schema.Select(column => (column.Name, column.Type)));
        var (expected, found) = (Models.Transformer(options).Transform(view), loaded.Transform(view));
        Assert.Equal(expected.Schema.Select(column => column.Name), found.Schema.Select(column => column.Name));
        Assert.Equal(expected.GetColumn<float[]>("Logits"), found.GetColumn<float[]>("Logits"));
        Assert.Equal(expected.GetColumn<bool>("Odd"), found.GetColumn<bool>("Odd"));
        Assert.Equal(options, Assert.IsType<DefensiveQuantizationTransformer>(loaded).Options);
    }

    /// <summary>Another process, which has the package beside it and names none of its types.</summary>
    [Fact]
    public void A_stranger_loads_it_and_predicts_the_same()
    {
        var zip = Saved();
        var images = Models.Images(70);
        var answers = Stranger(StrangerFolder(), zip, images);
        Assert.Equal(0, answers.Code);
        using var said = JsonDocument.Parse(answers.Output);
        var labels = Models.Best(Models.Logits(images));
        Assert.Equal(labels, said.RootElement.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        Assert.Equal(labels, said.RootElement.GetProperty("single").EnumerateArray().Select(label => label.GetString()));
        foreach (var (expected, row) in Models.Logits(images).Zip(said.RootElement.GetProperty("scores").EnumerateArray()))
            Assert.Equal(expected, row.EnumerateArray().Select(score => score.GetSingle()), (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.Equal(Content(zip), Content(File("again.zip")));
    }

    [Fact]
    public void An_app_without_the_package_is_told_what_is_missing()
    {
        var app = Path.Combine(folder, "app");
        Directory.CreateDirectory(app);
        foreach (var file in Directory.EnumerateFiles(StrangerFolder()).Where(file => Path.GetFileName(file) is not "DQPipeline.ML.dll"))
            System.IO.File.Copy(file, Path.Combine(app, Path.GetFileName(file)));
        foreach (var file in Directory.EnumerateFiles(app, "*.deps.json"))
            System.IO.File.Delete(file);
        var answers = Stranger(app, Saved(), Models.Images(1));
        Assert.NotEqual(0, answers.Code);
        Assert.Contains("DQPipeline.ML", answers.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_to_what_is_saved_says_so()
    {
        var context = Models.Context();
        var whole = System.IO.File.ReadAllBytes(Saved());
        foreach (var length in new[] { 0, 10, whole.Length / 2, whole.Length - 1 })
        {
            // ML.NET reads the archive itself.
            Assert.ThrowsAny<Exception>(() => context.Model.Load(new MemoryStream(whole[..length]), out _));
        }

        Assert.Contains("Model.onnx", Damaged("Model.onnx", null), StringComparison.Ordinal);
        Assert.Contains("checksum", Damaged("Model.onnx", bytes => bytes[^1] ^= 1), StringComparison.Ordinal);
        Assert.Contains("options", Damaged("Options.json", bytes => bytes[0] = (byte)'x'), StringComparison.Ordinal);
        Assert.Contains("Options.json", Damaged("Options.json", null), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_or_options_longer_than_they_may_be_are_refused()
    {
        using var endless = new MemoryStream(new byte[5000]);
        var error = Assert.Throws<DqException>(() => Scoring.SavedModel.ReadAll(endless, "Options.json", 4999));
        Assert.Contains("more than 4999 bytes", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A whole pipeline with stages around the model is one file.</summary>
    [Fact]
    public void A_pipeline_around_it_is_saved_with_it()
    {
        var context = Models.Context();
        var view = Models.View(context, 12);
        var pipeline = context.Transforms.CopyColumns("Photo", "Image")
            .Append(context.Transforms.DefensiveQuantization(Models.Integer, new() { InputColumnName = "Photo" }))
            .Append(context.Transforms.SelectColumns("PredictedLabel"));
        context.Model.Save(pipeline.Fit(view), view.Schema, File("chain.zip"));
        var found = context.Model.Load(File("chain.zip"), out _).Transform(view);
        Assert.Equal(Models.Best(Models.Logits(Models.Images(12))), found.GetColumn<string>("PredictedLabel"));
    }

    private static Dictionary<string, string> Content(string zip)
    {
        using var archive = ZipFile.OpenRead(zip);
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return Convert.ToHexString(bytes.ToArray());
        });
    }

    private static string StrangerFolder() =>
        typeof(SavingTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "Stranger").Value!;

    private (int Code, string Output, string Errors) Stranger(string app, string zip, float[][] images)
    {
        System.IO.File.WriteAllText(File("images.json"), JsonSerializer.Serialize(images));
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(app, "DQPipeline.ML.Stranger.dll"), zip, File("images.json"), File("again.zip")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    private string Damaged(string stream, Action<byte[]>? change)
    {
        var zip = Saved();
        using (var archive = ZipFile.Open(zip, ZipArchiveMode.Update))
        {
            var entry = archive.Entries.Single(one => one.FullName.EndsWith(stream, StringComparison.Ordinal));
            using var bytes = new MemoryStream();
            using (var old = entry.Open())
                old.CopyTo(bytes);
            var name = entry.FullName;
            entry.Delete();
            if (change is not null)
            {
                var changed = bytes.ToArray();
                change(changed);
                using var fresh = archive.CreateEntry(name).Open();
                fresh.Write(changed);
            }
        }

        var error = Assert.ThrowsAny<Exception>(() => Models.Context().Model.Load(zip, out _));
        for (Exception? inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is DqException found)
                return Assert.Single(found.Diagnostics).ToString();
        }

        throw error;
    }

    private string Saved()
    {
        var context = Models.Context();
        var view = Models.View(context, 1);
        var columns = context.Data.LoadFromEnumerable(new[] { new Photo() }).Schema;
        context.Model.Save(context.Transforms.DefensiveQuantization(Models.Integer).Fit(view), columns, File("model.zip"));
        return File("model.zip");
    }

    private string File(string name) => Path.Combine(folder, name);

    private sealed class Photo
    {
        [VectorType(Models.Size)]
        public float[] Image { get; set; } = [];
    }
}
