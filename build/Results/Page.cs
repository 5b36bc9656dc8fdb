using System.Text;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Results;

/// <summary>The page, RESULTS.md, and what it shows.</summary>
/// <param name="Text">The page.</param>
/// <param name="Files">Charts, and copies of small outputs that a build has made anew, by their paths relative to the page, with <c>/</c>.</param>
internal sealed record Page(string Text, IReadOnlyDictionary<string, byte[]> Files)
{
    /// <summary>The page as the lock files say it.</summary>
    /// <param name="folder">The folder of results.json, dq.json and dq.lock.</param>
    /// <exception cref="Declarations.DqException">A declaration or a lock file cannot be read.</exception>
    public static Page Of(string folder)
    {
        var experiments = Experiments.Read(Path.Combine(folder, "results.json"));
        var recorded = experiments.Sections.Select(section => section.Folder).Distinct().ToDictionary(name => name, name => new Recorded(Path.Combine(folder, name), experiments.Former.Keys.ToHashSet()));
        var (text, files) = (new StringBuilder(), new Dictionary<string, byte[]>());
        text.Append("# Results\n\n").Append(experiments.Text).Append("\n\n").Append(experiments.Machine).Append('\n');
        foreach (var section in experiments.Sections)
            Append(text, files, section, recorded[section.Folder]);
        return new(text.ToString(), files);
    }

    private static void Append(StringBuilder text, Dictionary<string, byte[]> files, Section section, Recorded recorded)
    {
        text.Append($"\n## {section.Title}\n\n");
        if (section.Text.Length > 0)
            text.Append(section.Text).Append("\n\n");
        text.Append($"`dotnet run --project tool -c Release -- build examples/paper{(section.Folder.Length > 0 ? $"/{section.Folder}" : "")} {section.Of}`\n\n");
        var target = recorded.Graph.Targets.FirstOrDefault(target => target.Name == section.Of)
            ?? throw new InvalidOperationException($"results.json has a section of {section.Of}, which {section.Folder}/dq.json does not declare.");
        var body = target switch
        {
            DistanceTarget distance => Distances(section, recorded, Keep(files, section, recorded.Output(distance, DistanceTarget.JsonFile)), distance),
            SamplesTarget samples => [Keep(files, section, samples.Requires.All(model => recorded.Shows(samples, model.Name)) ? recorded.Output(samples, SamplesTarget.PredictionsFile) : null) is { } predictions ? SamplesTable.Of(predictions.Content) : "Not made yet."],
            _ => Accuracies(section, recorded, files),
        };
        text.AppendJoin('\n', body).Append('\n');
    }

    /// <summary>Notes a copy, whose path is then relative to the page.</summary>
    private static RecordedOutput? Keep(Dictionary<string, byte[]> files, Section section, RecordedOutput? output)
    {
        if (output is null)
            return null;
        var path = section.Folder.Length > 0 ? $"{section.Folder}/{output.Path}" : output.Path;
        files[path] = output.Content;
        return output with { Path = path };
    }

    private static IEnumerable<string> Accuracies(Section section, Recorded recorded, Dictionary<string, byte[]> files)
    {
        yield return AccuracyTable.Of(section, recorded.Metrics);
        if (recorded.Unmeasured(section.Of) is { Count: > 0 } missing && recorded.Metrics.Any(metric => metric.Target == section.Of))
            yield return $"\nDeclared and not measured: {string.Join(", ", missing.Select(model => $"`{model}`"))}.";
        if (section.Frontier.Length > 0 && FrontierChart.Draw([.. recorded.Metrics.Where(metric => metric.Target == section.Of)], section.Frontier) is { } chart)
        {
            var path = section.Folder.Length == 0 ? $"results/{section.Of}.svg" : $"results/{section.Folder}-{section.Of}.svg";
            files.Add(path, Encoding.UTF8.GetBytes(chart));
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
        yield return $"\nSigns of [masked gradients](../../tool/DIAGNOSTICS.md#dq4101): {(suspected == 0 ? "none" : $"on {suspected}")} of {found.Models} model{(found.Models == 1 ? "" : "s")}.{(suspected == 0 ? "" : "\n")}";
        foreach (var (model, code, text) in found.Signs)
            yield return $"- `{model}`, {code}: {text}.";
    }

    private static IEnumerable<string> Distances(Section section, Recorded recorded, RecordedOutput? output, DistanceTarget distance)
    {
        var table = output is null ? null : new DistanceTable(output.Content, distance.Declaration.Attack.Kind, isShown: model => recorded.Shows(distance, model));
        if (table is null or { IsEmpty: true })
        {
            yield return "Not measured yet.";
            yield break;
        }

        yield return distance.Declaration.At == Declarations.DistanceDeclaration.FirstBlock ? table.ByStrength() : table.ByLayer();
        if (section.Comparisons.Count > 0)
            yield return "";
        foreach (var comparison in section.Comparisons)
            yield return table.Growth(comparison);
    }
}
