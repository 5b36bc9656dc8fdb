using System.Globalization;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Building;

/// <summary>What a build with nothing to do has to say: how many targets are up to date, and what its records warn of, which they do again each time.</summary>
/// <param name="Targets">The number of targets.</param>
/// <param name="Warnings">The warnings, in their order.</param>
public sealed record StandstillAnswer(int Targets, IReadOnlyList<Diagnostic> Warnings)
{
    /// <summary>The answer as a text for <see cref="Standstill"/>: the number, and a line for each warning. Files stand there in full, as the next build may be started from another folder.</summary>
    public string Write() => string.Concat([
        Targets.ToString(CultureInfo.InvariantCulture),
        .. Warnings.Select(warning => $"\n{warning.Code}\t{(warning.Place is { } place ? Path.GetFullPath(place.File) : "")}\t{Number(warning.Place?.Line)}\t{Number(warning.Place?.Column)}\t{warning.Message}"),
    ]);

    /// <summary>Whether <see cref="Read"/> gives back what <see cref="Write"/> was given: not with a file's name that breaks lines or fields.</summary>
    public bool CanBeWritten => Warnings.All(warning => !warning.Message.Contains('\n', StringComparison.Ordinal) && warning.Place?.File.AsSpan().IndexOfAny('\t', '\n') is null or < 0);

    /// <summary>The answer of a text; null where it is none.</summary>
    /// <param name="text">What <see cref="Write"/> wrote.</param>
    public static StandstillAnswer? Read(string text)
    {
        var lines = text.Split('\n');
        if (!int.TryParse(lines[0], CultureInfo.InvariantCulture, out var targets))
            return null;
        var warnings = new List<Diagnostic>(lines.Length - 1);
        foreach (var line in lines.AsSpan(1))
        {
            if (line.Split('\t', 5) is not [var code, var file, var row, var column, var message] || !int.TryParse(row, CultureInfo.InvariantCulture, out var at) || !int.TryParse(column, CultureInfo.InvariantCulture, out var from))
                return null;
            warnings.Add(new(code, message, file.Length > 0 ? new SourcePlace(SourcePlace.Shown(file), at, from) : null, Severity.Warning));
        }

        return new(targets, warnings);
    }

    private static string Number(int? value) => (value ?? 0).ToString(CultureInfo.InvariantCulture);
}
