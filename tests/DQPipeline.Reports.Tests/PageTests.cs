using System.Xml.Linq;
using DQPipeline.Declarations;
using DQPipeline.Reports.Pages;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Reports;
using SkiaSharp;

namespace DQPipeline.Reports.Tests;

/// <summary>What names and images become on a page.</summary>
public class PageTests
{
    private const string Hostile = "</td><script>alert(1)</script>\" onload=\"x\u0007\ud800";

    [Fact]
    public void A_hostile_name_is_a_text_wherever_it_stands()
    {
        var page = Html.Page(Html.E("html", Html.E("body", Html.Table(Hostile, [Hostile], [[Hostile, Html.Marked($"**{Hostile}** `{Hostile}`")]]))));
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("\u0007", page, StringComparison.Ordinal);
        // What is left is well-formed, and says the same with the unprintable shown.
        var read = XElement.Parse(page["<!doctype html>\n".Length..]);
        Assert.Equal("</td><script>alert(1)</script>\" onload=\"x␇\ufffd", read.Descendants("th").First().Value);
        Assert.DoesNotContain(read.Descendants().Attributes(), attribute => attribute.Name == "onload");
    }

    [Theory]
    [InlineData(null, true, 0, "lead unsure", "0 models, 0 measurements.")]
    [InlineData("clean", true, 0, "lead good", "1 model, 1 measurement.")]
    [InlineData("fgsm", true, 0, "lead good", "1 model, 1 measurement; whether gradients are masked was not looked for.")]
    [InlineData("pgd", true, 1, "lead good", "1 model, 1 measurement; no sign of masked gradients.")]
    [InlineData("pgd", false, 0, "lead unsure", "1 model, 1 measurement; all of them stale; whether gradients are masked was not looked for.")]
    public void The_first_sentence_promises_no_more_than_was_looked_for(string? attack, bool isCurrent, int examined, string state, string text)
    {
        MetricRecord[] metrics = attack is null ? [] : [new("e", "m", attack, attack == "clean" ? 0 : 8, false, 100, 90, 0.9, 0.8, 0.95, isCurrent)];
        var page = HtmlReport.Write(new ReportContent("r", new RecordedResults([], metrics, [], []) { Examined = examined }));
        var lead = XElement.Parse(page["<!doctype html>\n".Length..]).Descendants("p").Single(p => ((string?)p.Attribute("class"))?.StartsWith("lead ", StringComparison.Ordinal) == true);
        Assert.Equal((state, text), ((string?)lead.Attribute("class"), lead.Value));
    }

    [Fact]
    public void What_is_stale_is_marked_and_not_placed_by_the_options_of_today()
    {
        var graph = TargetGraph.Create(PipelineFile.Read("dq.json", """
            { "datasets": { "d": { "kind": "street-digits" } },
              "train": { "full": { "dataset": "d" }, "dq": { "extends": "full", "activation": { "bits": 2 } }, "old": { "extends": "full", "activation": { "bits": 4 } } } }
            """u8));
        var page = HtmlReport.Write(new ReportContent("r", new RecordedResults(
            [.. graph.Targets.Select(target => new RecordedTarget(target, target.Name != "old", new string('0', 64), [], new Dictionary<string, double>(), []) { Epochs = [new(2, 0.5, 0), new(1, 0.8, 0)] })],
            [.. graph.Targets.SelectMany(target => (double[])[2, 8], (target, epsilon) => new MetricRecord("e", target.Name, "fgsm", epsilon, false, 100, 40, 0.4, 0.3, 0.5, target.Name != "old"))], [], [])));
        var html = XElement.Parse(page["<!doctype html>\n".Length..]);
        var sections = html.Descendants("section").ToDictionary(section => (string)section.Attribute("id")!);
        foreach (var id in (string[])["strength", "bits", "training"])
        {
            Assert.Contains("dq", sections[id].Descendants("figure").First().Value, StringComparison.Ordinal);
            Assert.DoesNotContain("old", sections[id].Value, StringComparison.Ordinal);
        }

        var rows = sections["origin"].Descendants("tr").ToDictionary(row => row.Elements().First().Value, row => string.Join(" ", row.Elements().Skip(2).Take(2).Select(cell => cell.Value)));
        Assert.Equal(("relu6, 2 bits 10", "– –"), (rows["dq"], rows["old stale"]));

        // What one drawing refers to lies in no other.
        var ids = html.Descendants().Attributes("id").ToDictionary(id => id.Value, id => id.Parent!);
        var references = html.Descendants().Attributes().Where(attribute => attribute.Value.StartsWith("url(#", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.Same(Drawing(reference.Parent!), Drawing(ids[reference.Value["url(#".Length..^1]])));

        static XElement Drawing(XElement element) => element.Ancestors().Single(ancestor => ancestor.Name.LocalName == "svg");
    }

    [Fact]
    public void Pictures_decode_to_their_images()
    {
        byte[] pixels = [10, 20, 30, 40, 110, 120, 130, 140, 210, 220, 230, 240];
        using var picture = SKBitmap.Decode(ImageFile.Of(pixels, (3, 2, 2)));
        Assert.Equal((2, 2), (picture.Width, picture.Height));
        Assert.Equal(new SKColor(20, 120, 220), picture.GetPixel(1, 0));
        Assert.Equal(new SKColor(30, 130, 230), picture.GetPixel(0, 1));
        using var grey = SKBitmap.Decode(ImageFile.Of([0f, 0.5f, 1f, 0.2f], (1, 2, 2)));
        Assert.Equal(new SKColor(128, 128, 128), grey.GetPixel(1, 0));
    }

    [Fact]
    public void A_change_of_minus_epsilon_is_black_none_is_grey_and_plus_epsilon_is_white()
    {
        byte[] clean = [100, 100, 100];
        using var picture = SKBitmap.Decode(ImageFile.OfChange(clean, [92 / 255f, 100 / 255f, 108 / 255f], (1, 1, 3), epsilon: 8));
        Assert.Equal(0, picture.GetPixel(0, 0).Red);
        Assert.InRange(picture.GetPixel(1, 0).Red, 127, 128);
        Assert.Equal(255, picture.GetPixel(2, 0).Red);
    }
}
