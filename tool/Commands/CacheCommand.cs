using System.CommandLine;
using System.Globalization;
using DQPipeline.Targets;
using DQPipeline.Targets.Caching;
using DQPipeline.Tool.Terminal;
using Spectre.Console;

namespace DQPipeline.Tool.Commands;

/// <summary>Looks after the cache beside a dq.json.</summary>
internal static class CacheCommand
{
    public static Command Create() => new("cache", """
        List, check and thin out the cache in .dq/, from which results come back without computing.

        Examples:
          dq cache ls
          dq cache verify
          dq cache gc --keep-days 7
          dq cache push          into the remote cache that dq.json declares
        """) { Ls(), Verify(), Gc(), Push(), Pull(), Key() };

    private static Command Ls()
    {
        var folder = CommonOptions.ExistingFolder();
        var json = CommonOptions.Json();
        var command = new Command("ls", """
            List what the cache holds: each result with its targets, the newest first, and the size of it all.

            Example:
              dq cache ls --json
            """) { folder, json };
        command.SetAction(parsed =>
        {
            var workspace = new Workspace(parsed.GetValue(folder)!);
            var (results, bytes) = (CacheKeeping.List(workspace), CacheKeeping.Size(workspace));
            if (parsed.GetValue(json))
                Output.Data(ToolJson.Cache(results, bytes));
            else
                Print(results, bytes);
            return DqCommand.Done;
        });
        return command;
    }

    private static Command Verify()
    {
        var folder = CommonOptions.ExistingFolder();
        var command = new Command("verify", """
            Read all of the cache and remove what does not hold what its name promises; the next build makes it again.

            Example:
              dq cache verify
            """) { folder };
        command.SetAction((parsed, cancellation) =>
        {
            var check = CacheKeeping.Verify(new Workspace(parsed.GetValue(folder)!), Output.Diagnostic, cancellation);
            Output.Line($"dq: {Words.Count(check.Results, "result")} and {Words.Count(check.Objects, "file")} are sound{(check.Damaged > 0 ? $"; {Words.Count(check.Damaged, "damaged entry was", "damaged entries were")} removed" : "")}");
            return Task.FromResult(DqCommand.Done);
        });
        return command;
    }

    private static Command Gc()
    {
        var folder = CommonOptions.ExistingFolder();
        var days = new Option<double>("--keep-days") { Description = "Keep also what is younger than this; 0 keeps what dq.lock records alone.", HelpName = "N", DefaultValueFactory = _ => 30 };
        days.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) || value is not (>= 0 and <= 36_500)))
                result.AddError("--keep-days should be from 0 to 36500");
        });
        var command = new Command("gc", """
            Remove results that dq.lock does not record and that are older than 30 days, files that belong to none that stays, and decoded images that nothing read since.

            Examples:
              dq cache gc
              dq cache gc --keep-days 0
            """) { folder, days };
        command.SetAction(parsed =>
        {
            var (results, bytes) = CacheKeeping.Collect(new Workspace(parsed.GetValue(folder)!), DateTimeOffset.UtcNow - TimeSpan.FromDays(parsed.GetValue(days)));
            Output.Line($"dq: removed {Words.Count(results, "result")}, {Words.Bytes(bytes)}");
            return DqCommand.Done;
        });
        return command;
    }

    private static Command Push()
    {
        var folder = CommonOptions.Folder();
        var set = CommonOptions.Set();
        var command = new Command("push", """
            Put what dq.lock records into the remote cache. Builds do so by themselves; this is for what was built before there was one.

            Example:
              dq cache push
            """) { folder, set };
        command.SetAction(async (parsed, cancellation) =>
        {
            var opened = Opened.At(parsed.GetValue(folder)!, parsed.GetValue(set)!);
            var results = await CacheKeeping.PushAsync(opened.Workspace, opened.Pipeline.Cache, Environment.GetEnvironmentVariable, Output.Diagnostic, cancellation);
            Output.Line($"dq: {Words.Count(results, "result")} offered to {opened.Pipeline.Cache.Remote}");
            return DqCommand.Done;
        });
        return command;
    }

    private static Command Pull()
    {
        var folder = CommonOptions.Folder();
        var set = CommonOptions.Set();
        var command = new Command("pull", """
            Bring the files of what dq.lock records from the remote cache; the next build places them. Exit code 1 where some are missing.

            Example:
              dq cache pull
            """) { folder, set };
        command.SetAction((parsed, cancellation) =>
        {
            var opened = Opened.At(parsed.GetValue(folder)!, parsed.GetValue(set)!);
            var (came, missing) = CacheKeeping.Pull(opened.Workspace, opened.Pipeline.Cache, Environment.GetEnvironmentVariable, Output.Diagnostic, cancellation);
            Output.Line($"dq: {Words.Count(came, "file")} came{(missing > 0 ? $", {Words.Count(missing, "is", "are")} missing" : "")}");
            return Task.FromResult(missing > 0 ? DqCommand.TargetFailed : DqCommand.Done);
        });
        return command;
    }

    private static Command Key()
    {
        var command = new Command("key", """
            Make a pair of keys for "trust": "signed": the private one for DQ_CACHE_SIGNING_KEY where builds are trusted, the public one for "keys".

            Example:
              dq cache key
            """);
        command.SetAction(_ =>
        {
            var (secret, shared) = ResultSignature.Create();
            Output.Data($"{secret}\n\n{shared}");
            Output.Line("dq: the first goes into DQ_CACHE_SIGNING_KEY of those whose builds are trusted, and nowhere else; the line after it into \"cache\": { \"trust\": \"signed\", \"keys\": [\"…\"] }");
            return DqCommand.Done;
        });
        return command;
    }

    private static void Print(IReadOnlyList<CachedResult> results, long bytes)
    {
        if (results.Count > 0)
        {
            var table = new Table { Border = TableBorder.Rounded };
            table.AddColumns(new TableColumn("key"), new TableColumn("target"), new TableColumn("size").RightAligned(), new TableColumn("written").NoWrap());
            foreach (var result in results)
            {
                table.AddRow(
                    result.Key[..12],
                    result.Targets.Count == 0 ? "[grey]no longer declared so[/]" : Output.Escaped($"{result.Targets[0]}{(result.Targets.Count > 1 ? $" and {result.Targets.Count - 1} more" : "")}"),
                    result.Outputs.Count == 0 ? "" : Words.Bytes(result.Outputs.Sum(output => output.Size)),
                    result.Written.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
            }

            Output.ForPeople.Write(table);
        }

        Output.Line($"dq: {Words.Count(results.Count, "result")}, {Words.Bytes(bytes)}");
    }
}
