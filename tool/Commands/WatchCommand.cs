using System.CommandLine;
using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Tool.Terminal;
using DQPipeline.Tool.Watching;

namespace DQPipeline.Tool.Commands;

/// <summary>Builds, and again when what a build reads changes.</summary>
internal static class WatchCommand
{
    public static Command Create()
    {
        var words = new Argument<string[]>("DIR TARGET")
        {
            Description = "The folder with the dq.json (default: this one), then the targets, as for build. None is everything.",
            Arity = ArgumentArity.ZeroOrMore,
        }.OfTargets();
        var device = CommonOptions.Device();
        var set = CommonOptions.Set();
        var verbosity = CommonOptions.Verbosity();
        var quiet = CommonOptions.Quiet();
        var command = new Command("watch", """
            Build, and again whenever dq.json, the data or weights to start from change; Ctrl-C ends it.
            A change in the middle of a build stops it, and the next goes on from its checkpoints where they still hold.

            Examples:
              dq watch
              dq watch . robustness --verbosity minimal
            """) { words, device, set, verbosity, quiet };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (folder, targets) = Opened.Split(parsed.GetValue(words)!);
            var level = parsed.GetValue(quiet) ? Verbosity.Quiet : CommonOptions.LevelOf(parsed.GetValue(verbosity)!);
            var overrides = parsed.GetValue(set)!;
            using var changes = new Changes();
            while (!cancellation.IsCancellationRequested)
            {
                // Each from before it is read, so that no change falls between the two.
                changes.Watch([new Workspace(folder).DeclarationPath]);
                var opened = Read(folder, overrides);
                changes.Watch(DataOf(opened));
                using var build = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                var changed = changes.NextAsync(cancellation);
                var built = opened is null ? Task.CompletedTask
                    : BuildAsync(() => BuildCommand.RunAsync(opened, Opened.Options(parsed.GetValue(device)!) with { Select = targets, Jobs = BuildCommand.Jobs(opened) }, level, build.Token));
                if (await Task.WhenAny(built, changed) == changed)
                    await build.CancelAsync();
                await built;
                if (cancellation.IsCancellationRequested)
                    break;
                if (!changed.IsCompleted && level != Verbosity.Quiet)
                    Output.Line("dq: watching for changes; Ctrl-C ends it");
                try
                {
                    var path = await changed;
                    if (level != Verbosity.Quiet)
                        Output.Line($"dq: {SourcePlace.Shown(path)} changed");
                }
                catch (OperationCanceledException)
                {
                    break;
                }
            }

            return DqCommand.Done;
        });
        return command;
    }

    /// <summary>The declarations; null where they are wrong, which is said.</summary>
    private static Opened? Read(string folder, string[] overrides)
    {
        try
        {
            return Opened.At(folder, overrides);
        }
        catch (DqException failure)
        {
            Tell(failure);
            return null;
        }
    }

    private static IEnumerable<string> DataOf(Opened? opened) => opened is null ? []
        : opened.Pipeline.Datasets.Values.OfType<StoredDatasetDeclaration>().Select(dataset => dataset.Path)
            .Concat(opened.Pipeline.Train.Values.Select(model => model.Weights.Path).Where(path => path.Length > 0));

    /// <summary>A build that fails is told of, and waits for a change like any other.</summary>
    private static async Task BuildAsync(Func<Task> build)
    {
        try
        {
            await build();
        }
        catch (DqException failure)
        {
            Tell(failure);
        }
        catch (OperationCanceledException)
        {
            // By a change, which is told of next, or by the user.
        }
    }

    private static void Tell(DqException failure)
    {
        foreach (var diagnostic in failure.Diagnostics)
            Output.Diagnostic(diagnostic);
    }
}
