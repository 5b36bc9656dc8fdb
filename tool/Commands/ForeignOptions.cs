using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Onnx.Inference;

namespace DQPipeline.Tool.Commands;

/// <summary>Options by which a user says of an .onnx file what the file does not.</summary>
internal sealed class ForeignOptions
{
    private readonly Option<ImageLayout?> _layout = new("--layout") { Description = "Of a foreign .onnx: nchw or nhwc. Default: told from where its input has 1 or 3.", HelpName = "nchw|nhwc" };
    private readonly Option<PixelScale?> _scale = new("--scale") { Description = "Of a foreign .onnx: what its input makes of pixels, unit [0,1], pixels 0 to 255 or signed [-1,1]. Default: unit; pixels where it takes bytes.", HelpName = "unit|pixels|signed" };
    private readonly Option<double[]> _mean = Numbers("--mean", "Of a foreign .onnx: what is subtracted from each channel in [0,1], as torchvision has it.");
    private readonly Option<double[]> _std = Numbers("--std", "Of a foreign .onnx: what each channel is then divided by.");
    private readonly Option<string?> _input = new("--input") { Description = "Of a foreign .onnx: the input that takes the images. Default: the only one that can.", HelpName = "NAME" };
    private readonly Option<string?> _output = new("--output") { Description = "Of a foreign .onnx: the output that gives logits, or probabilities. Default: the first.", HelpName = "NAME" };

    public ForeignOptions()
    {
        _layout.AcceptOnlyFromAmong("nchw", "nhwc");
        _scale.AcceptOnlyFromAmong("unit", "pixels", "signed");
    }

    private Option[] All => [_layout, _scale, _mean, _std, _input, _output];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Options.Add(option);
    }

    /// <summary>The names of those that were given.</summary>
    public IReadOnlyList<string> Given(ParseResult parsed) => [.. All.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name)];

    /// <summary>Refuses all of them for a file that says itself what it takes.</summary>
    /// <exception cref="DqException">DQ1004: one is given.</exception>
    public static void RefuseFor(string path, IReadOnlyList<string> given)
    {
        if (given.Count > 0)
            throw new DqException(DiagnosticCodes.OutOfRange, $"{string.Join(", ", given)}: {path} says itself what images it takes; these options are for .onnx files of others, so leave {(given.Count == 1 ? "it" : "them")} out");
    }

    public ForeignModelOptions Read(ParseResult parsed) => new()
    {
        Layout = parsed.GetValue(_layout),
        Scale = parsed.GetValue(_scale),
        Mean = parsed.GetValue(_mean) ?? [],
        Std = parsed.GetValue(_std) ?? [],
        Input = parsed.GetValue(_input) ?? "",
        Output = parsed.GetValue(_output) ?? "",
    };

    private static Option<double[]> Numbers(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "R,G,B",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result => Parse(name, result),
    };

    private static double[]? Parse(string name, ArgumentResult result)
    {
        var numbers = new List<double>();
        foreach (var word in result.Tokens[0].Value.Split(','))
        {
            if (!double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                result.AddError($"{name} should be a number for each channel, say 0.5,0.5,0.5, not \"{result.Tokens[0].Value}\"");
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }
}
