using CsCheck;
using DQPipeline.Declarations;
using DQPipeline.Tool.MSBuild;

namespace DQPipeline.MSBuild.Tests;

/// <summary>What the tool writes is what the task reads.</summary>
[Collection("standard output")]
public class MessageLineTests
{
    [Fact]
    public void Any_text_arrives_as_it_was_said() => Gen.String.Sample(text =>
    {
        var line = Said(() => MessageLines.Message(Importance.High, text));
        Assert.Equal(1, line.Count(c => c == '\n'));
        var read = MessageLine.TryParse(line.TrimEnd('\r', '\n'))!;
        Assert.Equal(("high", 1, text), (read.Kind, read.Count, read[0]));
    }, threads: 1);

    [Fact]
    public void A_diagnostic_keeps_its_place()
    {
        var read = Read(() => MessageLines.Diagnostic(new Diagnostic("DQ1003", "say \"four\"\tnot\nfive", new SourcePlace("a b/dq.json", 12, 9), Severity.Warning)));
        Assert.Equal(("warning", "DQ1003", "a b/dq.json", 12, 9, "say \"four\"\tnot\nfive"), (read.Kind, read[0], read[1], read.Number(2), read.Number(3), read[4]));
    }

    [Fact]
    public void A_model_keeps_its_labels()
    {
        var read = Read(() => MessageLines.Model("digits", "mlnet", "/a/.dq/out/digits/model.zip", 3, 32, 24, ["zero", "back\\slash", ""]));
        var model = PackagedModel.Of(read);
        Assert.Equal(("digits", "mlnet", "/a/.dq/out/digits/model.zip", 3, 32, 24), (model.Package, model.Format, model.Path, model.Channels, model.Height, model.Width));
        Assert.Equal(["zero", "back\\slash", ""], model.Labels);
    }

    /// <summary>A CI may call its folder after a branch, with its slash escaped: MSBuild takes %2F of a task's item for a slash.</summary>
    [Fact]
    public void An_item_has_the_path_that_was_said()
    {
        const string path = "/jenkins/ws/app_feature%2Flogin/.dq/out/50%20off/model.zip";
        var item = new PackagedModel("50%20off", "mlnet", path, 3, 32, 32, []).ToItem();
        Assert.Equal((path, "50%20off", "50%20off.zip"), (item.ItemSpec, item.GetMetadata("Package"), item.GetMetadata("TargetPath")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("##dq")]
    [InlineData("dq.json(1,2): error DQ1001: text")]
    [InlineData(" ##dq\thigh\ttext")]
    public void Other_lines_are_left_to_msbuild(string line) => Assert.Null(MessageLine.TryParse(line));

    [Theory]
    [InlineData("##dq\terror\tDQ1001")]
    [InlineData("##dq\terror\tDQ1001\tfile\tx\t-1\ttail\\")]
    public void A_line_that_is_cut_short_breaks_nothing(string line)
    {
        var read = MessageLine.TryParse(line)!;
        Assert.Equal((0, 0, ""), (read.Number(2), read.Number(3), read[9]));
    }

    private static MessageLine Read(Action say) => MessageLine.TryParse(Said(say).TrimEnd('\r', '\n'))!;

    private static string Said(Action say)
    {
        var before = Console.Out;
        using var text = new StringWriter();
        Console.SetOut(text);
        try
        {
            say();
        }
        finally
        {
            Console.SetOut(before);
        }

        return text.ToString();
    }
}
