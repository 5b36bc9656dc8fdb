using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace DQPipeline.MSBuild.Tests;

public class AccessorTests
{
    private static readonly PackagedModel s_digits = new("digits", "mlnet", "/p/model.zip", 3, 32, 24, ["0", "say \"é\""]);

    [Theory]
    [InlineData("digits", "Digits")]
    [InlineData("street-digits", "StreetDigits")]
    [InlineData("digits@bits=4", "DigitsBits4")]
    [InlineData("a_b+c", "ABC")]
    [InlineData("4bit", "_4bit")]
    [InlineData("+", "_")]
    public void A_package_is_called_as_classes_are(string package, string name) => Assert.Equal(name, Accessor.ClassName(package));

    [Fact]
    public void Labels_and_sizes_are_in_it()
    {
        var source = Accessor.Write("App.Models", [s_digits]);
        Assert.Contains("namespace App.Models\n{", source, StringComparison.Ordinal);
        Assert.Contains("public static partial class Digits", source, StringComparison.Ordinal);
        Assert.Contains("public const string FileName = \"digits.zip\";", source, StringComparison.Ordinal);
        Assert.Contains("public const int Channels = 3;", source, StringComparison.Ordinal);
        Assert.Contains("public const int Height = 32;", source, StringComparison.Ordinal);
        Assert.Contains("public const int Width = 24;", source, StringComparison.Ordinal);
        Assert.Contains("new string[] { \"0\", \"say \\\"\\u00e9\\\"\" };", source, StringComparison.Ordinal);
    }

    /// <summary>As `dotnet new` names the namespace of a project of that name, but for keywords, which it leaves to people.</summary>
    [Theory]
    [InlineData("My.App", "My.App")]
    [InlineData("my-app", "my_app")]
    [InlineData("my-2.3d.a b", "my_2._3d.a_b")]
    [InlineData("app..x", "app._.x")]
    [InlineData("a.class.Class", "a.@class.Class")]
    [InlineData("@a.@class.b@c", "a.@class.b_c")]
    [InlineData("ünï.e\u0301", "ünï.e\u0301")]
    [InlineData("\U0001F600.\u0301a", "__._\u0301a")]
    public void A_namespace_is_what_csharp_can_write(string space, string written) =>
        Assert.Contains($"\nnamespace {written}\n{{", Accessor.Write(space, [s_digits]), StringComparison.Ordinal);

    [Fact]
    public void A_model_that_is_not_there_has_its_class_and_says_so_when_it_is_loaded()
    {
        var source = Accessor.Write("", [Named("street-digits")]);
        Assert.Contains("public static partial class StreetDigits\n", source, StringComparison.Ordinal);
        Assert.Contains("FileName = \"street-digits.zip\"", source, StringComparison.Ordinal);
        Assert.Contains("throw new global::System.IO.FileNotFoundException(\"The model of the package \\\"street-digits\\\" was not there when this app was built", source, StringComparison.Ordinal);
        Assert.DoesNotContain("FileNotFoundException", Accessor.Write("", [s_digits]), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_fall_together_stay_apart()
    {
        var source = Accessor.Write("", [Named("a-b"), Named("aB"), Named("path"), Named("dqModels")]);
        foreach (var name in (string[])["AB", "AB_2", "PathModel", "DqModelsModel"])
            Assert.Contains($"public static partial class {name}\n", source, StringComparison.Ordinal);
        Assert.DoesNotContain("namespace", source, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_what_mlnet_reads_can_be_loaded()
    {
        Assert.DoesNotContain("Load(", Accessor.Write("", [new("net", "onnx", "/p/model.onnx", 1, 8, 8, ["a"])]), StringComparison.Ordinal);
        var both = Accessor.Write("", [new("net", "onnx", "/p/model.onnx", 1, 8, 8, ["a"]), new("net", "mlnet-stock", "/p/model-stock.zip", 1, 8, 8, ["a"])]);
        Assert.Contains("FileName = \"net-stock.zip\"", both, StringComparison.Ordinal);
        Assert.Contains("Load(", both, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_items_a_project_takes_every_model()
    {
        var models = new[] { s_digits, Named("other") };
        Assert.Equal(models, Placement.Choose(models, [], out var unknown));
        Assert.Empty(unknown);
    }

    [Fact]
    public void Items_choose_models_and_say_where_they_go()
    {
        PackagedModel[] models = [new("digits", "mlnet", "z", 1, 8, 8, []), new("digits", "onnx", "o", 1, 8, 8, []), Named("other")];
        var taken = Placement.Choose(models, [Item("digits", "ONNX", "assets\\net.onnx"), Item("gone", "", "")], out var unknown);
        Assert.Equal("assets/net.onnx", Assert.Single(taken).TargetPath);
        Assert.Equal("gone", Assert.Single(unknown).ItemSpec);
        PackagedModel[] Both() => [new("digits", "mlnet", "z", 1, 8, 8, []), new("digits", "onnx", "o", 1, 8, 8, [])];
        Assert.Equal(["digits.zip", "digits.onnx"], Placement.Choose(Both(), [Item("digits", "", "")], out _).Select(model => model.TargetPath));
        Assert.Equal([("mlnet", "models/a.zip")], Placement.Choose(Both(), [Item("digits", "", "models/a.zip")], out _).Select(model => (model.Format, model.TargetPath)));
        Assert.Equal([("onnx", "a.ONNX")], Placement.Choose(Both(), [Item("digits", "", "a.ONNX")], out _).Select(model => (model.Format, model.TargetPath)));
        Assert.Empty(Placement.Choose(Both(), [Item("digits", "", "a.bin")], out var unfit));
        Assert.Single(unfit);
    }

    [Fact]
    public void One_model_may_go_to_several_places()
    {
        var taken = Placement.Choose([s_digits], [Item("digits", "mlnet", "a/one.zip"), Item("digits", "mlnet", "b/two.zip"), Item("digits", "", "")], out var unknown);
        Assert.Equal(["a/one.zip", "b/two.zip", "digits.zip"], taken.Select(model => model.TargetPath));
        Assert.Equal(["a/one.zip", "b/two.zip", "digits.zip"], taken.Select(model => model.ToItem().GetMetadata("TargetPath")));
        Assert.All(taken, model => Assert.Equal(("digits", "mlnet", "/p/model.zip", 24, 2), (model.Package, model.Format, model.Path, model.Width, model.Labels.Count)));
        Assert.Empty(unknown);
    }

    [Theory]
    [InlineData("dotnet dq", "dotnet|dq")]
    [InlineData("  \"/a b/dotnet-dq\"   --x \"y z\" ", "/a b/dotnet-dq|--x|y z")]
    public void A_command_line_has_words(string command, string words) => Assert.Equal(words.Split('|'), Programs.Split(command));

    /// <summary>Against .NET's own way to take a command line apart: a process that repeats its arguments.</summary>
    [Fact]
    public void Words_arrive_as_they_are()
    {
        string[] words = ["plain", "a b", "", "say \"x\"", "back\\slash", "ends in \\", "\\\" both", "--"];
        var start = new System.Diagnostics.ProcessStartInfo("/usr/bin/env", Programs.Join(["printf", "%s\\n", .. words])) { RedirectStandardOutput = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        Assert.Equal(words, process.StandardOutput.ReadToEnd().TrimEnd('\n').Split('\n'));
    }

    private static PackagedModel Named(string package) => new(package, "mlnet", "", 0, 0, 0, []);

    private static ITaskItem Item(string include, string format, string path)
    {
        var item = new TaskItem(include);
        item.SetMetadata("Format", format);
        item.SetMetadata("TargetPath", path);
        return item;
    }
}
