using System.Text;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Results;

/// <summary>The page, RESULTS.md, and the charts that it shows.</summary>
/// <param name="Text">The page.</param>
/// <param name="Charts">The charts by their paths relative to the page, with <c>/</c>.</param>
internal sealed record Page(string Text, IReadOnlyDictionary<string, string> Charts)
{
    /// <summary>The page as the lock files say it.</summary>
    /// <param name="folder">The folder of results.json, dq.json and dq.lock.</param>
    /// <exception cref="Declarations.DqException">A declaration or a lock file cannot be read.</exception>
    public static Page Of(string folder)
    {
        var experiments = Experiments.Read(Path.Combine(folder, "results.json"));
        var recorded = experiments.Sections.Select(section => section.Folder).Distinct().ToDictionary(name => name, name => new Recorded(Path.Combine(folder, name)));
        var (text, charts) = (new StringBuilder(), new Dictionary<string, string>());
        text.Append("# Results\n\n").Append(experiments.Text).Append("\n\n").Append(experiments.Machine).Append('\n');
        foreach (var section in experiments.Sections)
            Append(text, charts, section, recorded[section.Folder], string.Join('/', new[] { "examples/paper", section.Folder }.Where(part => part.Length > 0)));
        return new(text.ToString(), charts);
    }

    private static void Append(StringBuilder text, Dictionary<string, string> charts, Section section, Recorded recorded, string folder)
    {
        text.Append($"\n## {section.Title}\n\n");
        if (section.Text.Length > 0)
            text.Append(section.Text).Append("\n\n");
        text.Append($"`dotnet run --project tool -c Release -- build {folder} {section.Of}`\n\n");
        var target = recorded.Graph.Targets.FirstOrDefault(target => target.Name == section.Of)
            ?? throw new InvalidOperationException($"results.json has a section of {section.Of}, which {section.Folder}/dq.json does not declare.");
        var body = target switch
        {
            DistanceTarget distance => Distances(section, recorded, distance),
            SamplesTarget samples => [recorded.Output(samples.Id, samples.Name, SamplesTarget.SheetFile) is { } sheet ? $"![{section.Title}]({sheet})" : "Not made yet."],
            _ => Accuracies(section, recorded, charts),
        };
        text.AppendJoin('\n', body).Append('\n');
    }

    private static IEnumerable<string> Accuracies(Section section, Recorded recorded, Dictionary<string, string> charts)
    {
        yield return AccuracyTable.Of(section, recorded.Metrics);
        if (section.Frontier.Length > 0 && FrontierChart.Draw([.. recorded.Metrics.Where(metric => metric.Target == section.Of)], section.Frontier) is { } chart)
        {
            var path = $"results/{section.Of}.svg";
            charts.Add(path, chart);
            yield return $"\n![Accuracy under attack against accuracy on clean images]({path})";
        }

        foreach (var line in Masking(recorded.Masking(section.Of)))
            yield return line;
        if (section.Comparisons.Count > 0)
            yield return "";
        foreach (var comparison in section.Comparisons)
        {
            var pairs = recorded.Pairs(section.Of, comparison);
            yield return pairs.Count > 0 ? Verdict.Of(comparison.Claim, comparison.By / 100, pairs) : $"- {comparison.Claim}. **Not measured yet.**";
        }
    }

    /// <summary>What the diagnosis of masked gradients says of the models of a section; nothing where it could not look.</summary>
    private static IEnumerable<string> Masking((int Models, IReadOnlyList<(string Model, string Code, string Text)> Signs) found)
    {
        if (found.Models == 0)
            yield break;
        var suspected = found.Signs.Select(sign => sign.Model).Distinct().Count();
        yield return $"\nSigns of [masked gradients](../../tool/DIAGNOSTICS.md#dq4101): {(suspected == 0 ? "none" : $"on {suspected}")} of {found.Models} models.{(suspected == 0 ? "" : "\n")}";
        foreach (var (model, code, text) in found.Signs)
            yield return $"- `{model}`, {code}: {text}.";
    }

    private static IEnumerable<string> Distances(Section section, Recorded recorded, DistanceTarget distance)
    {
        if (recorded.Output(distance.Id, distance.Name, DistanceTarget.JsonFile) is not { } file)
        {
            yield return "Not measured yet.";
            yield break;
        }

        var path = recorded.PathOf(file);
        yield return distance.Declaration.At == Declarations.DistanceDeclaration.FirstBlock ? DistanceTable.ByStrength(path) : DistanceTable.ByLayer(path);
        if (section.Comparisons.Count > 0)
            yield return "";
        foreach (var comparison in section.Comparisons)
            yield return DistanceTable.Growth(path, comparison);
    }
}
