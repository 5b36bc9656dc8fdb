using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using DQPipeline.Declarations;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

/// <summary>The command line: parses, delegates, and turns every failure into a coded line and an exit code.</summary>
internal static class DqCommand
{
    public const int Done = 0;
    public const int TargetFailed = 1;
    public const int BadUsage = 2;
    public const int GateFailed = 3;
    public const int Cancelled = 130;

    private static readonly string[] Verbs = ["build", "attach", "watch", "status", "metrics", "report", "explain", "graph", "attack", "export", "predict", "benchmark", "data", "init", "cache", "clean", "schema", "doctor", "completion", "suggest", "msbuild"];

    public static async Task<int> RunAsync(string[] args)
    {
        var result = Parse(args);
        string[] errors = [.. result.Errors.Select(error => OnOneLine(error.Message)), .. EmptyWords(result.CommandResult)];
        if (errors.Length > 0)
        {
            foreach (var error in errors)
                Output.Error($"dq: {error}");
            var command = result.CommandResult.Command;
            var hint = command is RootCommand && args.Length > 0 ? Spelling.DidYouMean(args[0], Verbs) : "";
            Output.Error($"dq: `dq {Path(result.CommandResult)}--help` shows what there is{hint}");
            return BadUsage;
        }

        // The library's own handling of signals fails at a second one.
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        // What cannot be cancelled is left to the system, which ends it.
        using var interrupt = result.Action is AsynchronousCommandLineAction ? new Interrupt(TimeProvider.System, End).Listen() : null;
        try
        {
            return await result.InvokeAsync(configuration, interrupt?.Token ?? CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            Output.Error("dq: cancelled");
            return Cancelled;
        }
        catch (DqException failure)
        {
            foreach (var diagnostic in failure.Diagnostics)
                Output.Diagnostic(diagnostic);
            return CodeOf(failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Output.Diagnostic(new Diagnostic(DiagnosticCodes.CannotWrite, $"{failure.Message} Check the path, its permissions and the free space."));
            return TargetFailed;
        }
        catch (Exception failure)
        {
            Output.Diagnostic(new Diagnostic(DiagnosticCodes.Internal, $"unforeseen: {failure.GetType().Name}: {failure.Message} Please report it with the details in {CrashLog.Write(failure)}."));
            return TargetFailed;
        }
    }

    /// <summary>Ends this process, whatever it is at. Workers that are left behind end by themselves, each after a checkpoint.</summary>
    private static void End()
    {
        // Not for longer than a moment: what reads standard error may have stopped to.
        Task.Run(() =>
        {
            Output.RestoreTerminal();
            Output.Error("dq: cancelled");
        }).Wait(TimeSpan.FromSeconds(1));
        Environment.Exit(Cancelled);
    }

    /// <summary>The library writes what may stand somewhere as a column of words.</summary>
    private static string OnOneLine(string message) => message.ReplaceLineEndings("\n").Replace(":\n\t", ": ", StringComparison.Ordinal).Replace("\n\t", ", ", StringComparison.Ordinal);

    /// <summary>What is wrong with empty words, which a script's variable becomes that is not set: they name no file and no target. Completion and the MSBuild package do say them.</summary>
    private static IEnumerable<string> EmptyWords(CommandResult command) => command.Command.Hidden ? [] : command.Children
        .Where(given => given is not CommandResult && given.Tokens.Any(token => token.Value.Length == 0))
        .Select(given => $"{(given is OptionResult option ? option.Option.Name : ((ArgumentResult)given).Argument.Name)} is given an empty word; leave it out, or name something")
        .Concat(command.Parent is CommandResult parent ? EmptyWords(parent) : []);

    /// <summary>The words that lead to a command, each with a space behind it.</summary>
    private static string Path(CommandResult? command) => command is null or { Command: RootCommand } ? "" : $"{Path(command.Parent as CommandResult)}{command.Command.Name} ";

    internal static RootCommand Root()
    {
        var root = new RootCommand("""
            Train, quantize and attack image classifiers as incremental build targets (Defensive Quantization).

            Start here:
              dq init                      write a commented dq.json
              dq build                     bring everything up to date
              dq status                    what is stale, and why
              dq metrics                   accuracies with 95 % intervals
              dq report                    a page of it all, with charts
            """);
        foreach (var verb in Verbs)
            root.Add(Create(verb));
        return root;
    }

    /// <summary>The root whose help is an overview: one line for each command, whose own help has the examples.</summary>
    private static RootCommand Overview()
    {
        var root = Root();
        foreach (var command in root.Subcommands)
            command.Description = command.Description!.Split('\n')[0];
        return root;
    }

    /// <summary>
    /// Where the verb is known and no help is asked for, its command is made alone: all the others and the root's own machinery would cost a build with nothing to do
    /// a good part of its time.
    /// </summary>
    private static ParseResult Parse(string[] args)
    {
        string[] others = ["--help", "-h", "-?", "/?", "/h", "--version"];
        if (args.Length == 0 || !Verbs.Contains(args[0]))
            return Overview().Parse(args);
        return args.Any(others.Contains) ? Root().Parse(args) : Create(args[0]).Parse(args[1..]);
    }

    private static Command Create(string verb) => verb switch
    {
        "build" => BuildCommand.Create(),
        "attach" => AttachCommand.Create(),
        "watch" => WatchCommand.Create(),
        "status" => StatusCommand.Create(),
        "metrics" => MetricsCommand.Create(),
        "report" => ReportCommand.Create(),
        "explain" => ExplainCommand.Create(),
        "graph" => GraphCommand.Create(),
        "attack" => AttackCommand.Create(),
        "export" => ExportCommand.Create(),
        "predict" => PredictCommand.Create(),
        "benchmark" => BenchmarkCommand.Create(),
        "data" => DataCommand.Create(),
        "init" => InitCommand.Create(),
        "cache" => CacheCommand.Create(),
        "clean" => CleanCommand.Create(),
        "schema" => SchemaCommand.Create(),
        "completion" => CompletionCommand.Create(),
        "suggest" => SuggestCommand.Create(),
        "msbuild" => MSBuildCommand.Create(),
        _ => DoctorCommand.Create(),
    };

    /// <summary>The exit code of a failure. Errors of the command line and of dq.json itself are the caller's to mend; the rest are failures of the work.</summary>
    internal static int CodeOf(DqException failure) =>
        failure.Diagnostics.All(diagnostic => diagnostic.Code.StartsWith("DQ1", StringComparison.Ordinal)) ? BadUsage : TargetFailed;
}
