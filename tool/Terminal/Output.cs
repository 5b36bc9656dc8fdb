using System.Text;
using DQPipeline.Declarations;
using Spectre.Console;

namespace DQPipeline.Tool.Terminal;

/// <summary>Where text goes: people read standard error, programs read standard output.</summary>
internal static class Output
{
    private static readonly Lazy<IAnsiConsole> People = new(() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));

    /// <summary>The console for people; created on first use, because its start costs more than a build with nothing to do.</summary>
    public static IAnsiConsole ForPeople => People.Value;

    /// <summary>Whether standard error is a terminal on which lines may be redrawn.</summary>
    public static bool IsLive => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb" && Environment.GetEnvironmentVariable("CI") is not "true";

    /// <summary>Colour by NO_COLOR (by presence) and only on a terminal.</summary>
    public static bool HasColor => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;

    /// <summary>Takes the diagnostics instead of standard error where not a person reads them.</summary>
    public static Action<Diagnostic>? Diagnostics { get; set; }

    /// <summary>Makes standard error one that cannot fail, and standard output UTF-8 where a program reads it; before anything is written to them.</summary>
    public static void Begin()
    {
        Console.SetError(new UnfailingWriter(OpenErrors));
        // Windows would encode it for a terminal that is not there: JSON in a code page of 1981.
        if (Console.IsOutputRedirected && Console.OutputEncoding is not UTF8Encoding)
            Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });
    }

    /// <summary>Opened at the first line, so that whoever sets the console's encoding before that gets it.</summary>
    private static StreamWriter OpenErrors() =>
        new(Console.OpenStandardError(), Console.OutputEncoding is UTF8Encoding ? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) : Console.OutputEncoding, bufferSize: 256) { AutoFlush = true };

    /// <summary>Shows the cursor that a live view hides.</summary>
    public static void RestoreTerminal()
    {
        if (IsLive)
            Console.Error.Write("\e[?25h");
    }

    public static void Error(string line) => Console.Error.WriteLine(PlainText.Of(line));

    /// <summary>A text for a table or a line of Spectre.Console, which takes it for what it is.</summary>
    public static string Escaped(string text) => Markup.Escape(PlainText.Of(text));

    public static void Line(string line) => Console.Error.WriteLine(PlainText.Of(line));

    /// <summary>A result, for programs.</summary>
    /// <exception cref="DqException">DQ6004: standard output cannot be written. A reader that has gone is no failure.</exception>
    public static void Data(string text)
    {
        try
        {
            Console.Out.WriteLine(text);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            throw AtomicFile.CannotWrite("standard output", e);
        }
    }

    public static void Diagnostic(Diagnostic diagnostic)
    {
        if (Diagnostics is { } reader)
            reader(diagnostic);
        else if (!HasColor)
            Console.Error.WriteLine(diagnostic);
        else
            Console.Error.WriteLine($"\e[{(diagnostic.Severity == Severity.Error ? 31 : 33)}m{diagnostic}\e[0m");
    }
}
