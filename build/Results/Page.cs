using System.Text;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Results;

/// <summary>The page, RESULTS.md.</summary>
internal static class Page
{
    /// <summary>The page as the lock files say it.</summary>
    /// <param name="folder">The folder of results.json, dq.json and dq.lock.</param>
    /// <exception cref="Declarations.DqException">A declaration or a lock file cannot be read.</exception>
    public static string Of(string folder)
    {
        var experiments = Experiments.Read(Path.Combine(folder, "results.json"));
        var recorded = experiments.Sections.Select(section => section.Folder).Distinct().ToDictionary(name => name, name => new Recorded(Path.Combine(folder, name)));
        var text = new StringBuilder();
        text.Append("# Results\n\n").Append(experiments.Text).Append("\n\n").Append(experiments.Machine).Append('\n');
        foreach (var section in experiments.Sections)
            Append(text, section, recorded[section.Folder], string.Join('/', new[] { "examples/paper", section.Folder }.Where(part => part.Length > 0)));
        return text.ToString();
    }

    private static void Append(StringBuilder text, Section section, Recorded recorded, string folder)
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
            _ => Accuracies(section, recorded),
        };
        text.AppendJoin('\n', body).Append('\n');
    }

    private static IEnumerable<string> Accuracies(Section section, Recorded recorded)
    {
        yield return AccuracyTable.Of(section, recorded.Metrics);
        if (section.Comparisons.Count > 0)
            yield return "";
        foreach (var comparison in section.Comparisons)
        {
            var pairs = recorded.Pairs(section.Of, comparison);
            yield return pairs.Count > 0 ? Verdict.Of(comparison.Claim, comparison.By / 100, pairs) : $"- {comparison.Claim}. **Not measured yet.**";
        }
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
