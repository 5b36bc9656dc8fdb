using System.Globalization;
using System.Text;
using System.Xml;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Gates;

namespace DQPipeline.Targets.Verdicts;

/// <summary>
/// A build as JUnit XML: a suite "targets", and one for each evaluation with a case for each of its gates. It tells no times, because none was taken of a gate, and cells
/// that share a worker have no time of their own.
/// </summary>
internal static class JUnitFile
{
    public static byte[] Write(BuildResult result, SourceRoot root)
    {
        List<JUnitSuite> suites = [new("targets", Targets(result, root)), .. Evaluations(result, root)];
        var cases = suites.SelectMany(suite => suite.Cases).ToList();
        using var stream = new MemoryStream();
        using (var writer = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), Indent = true, NewLineChars = "\n" }))
        {
            writer.WriteStartElement("testsuites");
            writer.WriteAttributeString("name", "dq");
            // The format knows no number of skipped cases here.
            WriteCounts(writer, cases);
            foreach (var suite in suites)
            {
                writer.WriteStartElement("testsuite");
                writer.WriteAttributeString("name", suite.Name);
                WriteCounts(writer, suite.Cases);
                writer.WriteAttributeString("skipped", Count(suite.Cases, JUnitVerdict.Skipped));
                var names = new Occurrences();
                foreach (var test in suite.Cases)
                    Write(writer, test, names.Next(test.Name));
                writer.WriteEndElement();
            }

            writer.WriteEndElement();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static List<JUnitCase> Targets(BuildResult result, SourceRoot root)
    {
        var cases = new List<JUnitCase>();
        foreach (var target in result.Targets)
        {
            var verdict = target.Outcome switch
            {
                Outcome.Failed => JUnitVerdict.Error,
                Outcome.Skipped or Outcome.Cancelled => JUnitVerdict.Skipped,
                _ => JUnitVerdict.Passed,
            };
            var text = verdict == JUnitVerdict.Passed ? "" : target.Why ?? (target.Outcome == Outcome.Cancelled ? "cancelled" : "");
            cases.Add(new(target.Target.Kind, target.Target.Id, verdict, text, target.Error is null ? [] : [target.Error], root));
        }

        // Errors of the build as a whole, such as those of a dq.json with which it could not begin.
        var told = result.Targets.Select(target => target.Error).Concat(result.Gates.Select(gate => gate.Finding)).OfType<Diagnostic>().ToHashSet();
        var others = result.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error && !told.Contains(diagnostic)).ToList();
        if (others.Count > 0)
            cases.Add(new("build", "build", JUnitVerdict.Error, "", others, root));
        return cases;
    }

    private static IEnumerable<JUnitSuite> Evaluations(BuildResult result, SourceRoot root) =>
        from gate in result.Gates
        group gate by gate.Evaluation into evaluation
        select new JUnitSuite(evaluation.Key, [.. evaluation.Select(gate => Case(gate, root))]);

    private static JUnitCase Case(GateResult gate, SourceRoot root) => new(
        $"evaluate.{gate.Evaluation}",
        gate.Subject,
        gate.Verdict switch { GateVerdict.Failed => JUnitVerdict.Failure, GateVerdict.Undecided => JUnitVerdict.Skipped, _ => JUnitVerdict.Passed },
        gate.Verdict == GateVerdict.Undecided && gate.Finding is { } finding ? finding.Message : GateText.Standing(gate),
        gate.Verdict == GateVerdict.Failed ? [gate.Finding!] : [],
        root);

    private static void Write(XmlWriter writer, JUnitCase test, string name)
    {
        writer.WriteStartElement("testcase");
        writer.WriteAttributeString("classname", Clean(test.Class));
        writer.WriteAttributeString("name", Clean(name));
        if (test.Verdict == JUnitVerdict.Skipped)
            writer.WriteElementString("skipped", Clean(test.Root.Without(test.Text)));
        foreach (var finding in test.Findings)
        {
            writer.WriteStartElement(test.Verdict == JUnitVerdict.Failure ? "failure" : "error");
            writer.WriteAttributeString("type", finding.Code);
            writer.WriteAttributeString("message", Clean(test.Root.Without(finding.Message)));
            writer.WriteString(Clean(test.Root.Line(finding)));
            writer.WriteEndElement();
        }

        if (test is { Verdict: JUnitVerdict.Passed, Text.Length: > 0 })
            writer.WriteElementString("system-out", Clean(test.Text));
        writer.WriteEndElement();
    }

    private static void WriteCounts(XmlWriter writer, IReadOnlyList<JUnitCase> cases)
    {
        writer.WriteAttributeString("tests", cases.Count.ToString(CultureInfo.InvariantCulture));
        writer.WriteAttributeString("failures", Count(cases, JUnitVerdict.Failure));
        writer.WriteAttributeString("errors", Count(cases, JUnitVerdict.Error));
    }

    private static string Count(IReadOnlyList<JUnitCase> cases, JUnitVerdict verdict) => cases.Count(test => test.Verdict == verdict).ToString(CultureInfo.InvariantCulture);

    /// <summary>A file's name may hold what XML cannot.</summary>
    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            _ = clean.Append(rune.Value > char.MaxValue || XmlConvert.IsXmlChar((char)rune.Value) ? rune.ToString() : "\uFFFD");
        return clean.ToString();
    }

    private enum JUnitVerdict
    {
        Passed,
        Failure,
        Error,
        Skipped,
    }

    private sealed record JUnitSuite(string Name, IReadOnlyList<JUnitCase> Cases);

    private sealed record JUnitCase(string Class, string Name, JUnitVerdict Verdict, string Text, IReadOnlyList<Diagnostic> Findings, SourceRoot Root);
}
