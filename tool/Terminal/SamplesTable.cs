using System.Globalization;
using DQPipeline.Targets.Outputs;
using Spectre.Console;

namespace DQPipeline.Tool.Terminal;

/// <summary>What models say to sample images, as figure 7 writes it: <c>bird (0.94) ✓ → cat (0.98) ✗</c>, clean and attacked.</summary>
internal static class SamplesTable
{
    public static void Print(string name, SamplesContent content)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Output.Escaped($"{name}: clean → adversarial")) };
        table.AddColumns("image", "true class");
        foreach (var prediction in content.Samples.Count > 0 ? content.Samples[0].Predictions : [])
            table.AddColumn(Output.Escaped(prediction.Model));
        foreach (var sample in content.Samples)
        {
            table.AddRow([
                sample.Index.ToString(CultureInfo.InvariantCulture),
                Output.Escaped(sample.Label),
                .. sample.Predictions.Select(p => $"{Answer(p.Clean, sample.Label)} → {Answer(p.Adversarial, sample.Label)}"),
            ]);
        }

        Output.ForPeople.Write(table);
    }

    private static string Answer(SampleAnswer answer, string label) =>
        string.Create(CultureInfo.InvariantCulture, $"{Output.Escaped(answer.Label)} ({answer.Probability:0.00}) {(answer.Label == label ? "[green]✓[/]" : "[red]✗[/]")}");
}
