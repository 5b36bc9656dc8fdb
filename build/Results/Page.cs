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
        text.Append($"\n## {section.Title}\n\n{section.Text}\n\n");
        text.Append($"`dotnet run --project tool -c Release -- build {folder} {section.Of}`\n\n");
        text.Append(Body(section, recorded)).Append('\n');
        var first = true;
        foreach (var comparison in section.Comparisons)
        {
            var pairs = recorded.Pairs(section.Of, comparison);
            if (first)
                text.Append('\n');
            first = false;
            text.Append(pairs.Count > 0 ? Verdict.Of(comparison.Claim, comparison.By / 100, pairs) : $"- {comparison.Claim}. **Not measured yet.**").Append('\n');
        }
    }

    private static string Body(Section section, Recorded recorded)
    {
        foreach (var target in recorded.Graph.Targets.Where(target => target.Name == section.Of))
        {
            switch (target)
            {
                case DistanceTarget distance:
                    return recorded.Output(distance.Id, distance.Name, DistanceTarget.JsonFile) is not { } file ? "Not measured yet."
                        : distance.Declaration.At == Declarations.DistanceDeclaration.FirstBlock ? DistanceTable.ByStrength(recorded.PathOf(file)) : DistanceTable.ByLayer(recorded.PathOf(file));
                case SamplesTarget samples:
                    return recorded.Output(samples.Id, samples.Name, SamplesTarget.SheetFile) is { } sheet ? $"![{section.Title}]({sheet})" : "Not made yet.";
                default:
                    return AccuracyTable.Of(section, recorded.Metrics);
            }
        }

        throw new InvalidOperationException($"results.json has a section of {section.Of}, which {section.Folder}/dq.json does not declare.");
    }
}
