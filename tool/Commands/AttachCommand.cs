using System.CommandLine;
using DQPipeline.Targets;
using DQPipeline.Targets.Workers.Slurm;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

/// <summary>Goes on with a build on a cluster whose front end is gone.</summary>
internal static class AttachCommand
{
    public static Command Create()
    {
        var folder = CommonOptions.ExistingFolder();
        var cancel = new Option<bool>("--cancel") { Description = "Cancel the jobs instead; what they have trained stays in their checkpoints." };
        var verbosity = CommonOptions.Verbosity();
        var quiet = CommonOptions.Quiet();
        var command = new Command("attach", """
            Go on with a build on Slurm whose front end is gone: follow the jobs that run, take in those that ended, submit the rest.

            Examples:
              dq attach              the build of this folder, as it was asked for
              dq attach --cancel     cancel its jobs
            """) { folder, cancel, verbosity, quiet };
        command.SetAction(async (parsed, cancellation) =>
        {
            var workspace = new Workspace(parsed.GetValue(folder)!);
            var level = parsed.GetValue(quiet) ? Verbosity.Quiet : CommonOptions.LevelOf(parsed.GetValue(verbosity)!);
            var submitted = SubmittedJobs.In(workspace).All();
            if (level != Verbosity.Quiet)
                Tell(submitted);
            if (parsed.GetValue(cancel))
            {
                // Whatever dq.json says, be it nothing that can be read.
                using var executor = Opened.Slurm(workspace, new());
                await executor.CancelAllAsync(cancellation);
                SlurmBuild.ForgetIfDone(workspace);
                return DqCommand.Done;
            }

            if (SlurmBuild.Read(workspace) is not { } asked)
            {
                if (submitted.Count == 0)
                    return DqCommand.Done;
                asked = new([], [], "auto", BuildCommand.MostJobs, false, false);
            }

            var opened = Opened.At(workspace.Folder, asked.Set);
            var options = Opened.Options(asked.Device) with
            {
                Select = asked.Select,
                Jobs = asked.Jobs,
                Locked = asked.Locked,
                // By force again it would make anew what it has made already.
                TakesUp = asked.Force,
            };
            var exitCode = (await BuildCommand.RunOnSlurmAsync(opened, options, asked, level, cancellation)).ExitCode;
            if (exitCode == DqCommand.Done)
                TellOfWhatIsLeft(workspace);
            return exitCode;
        });
        return command;
    }

    /// <summary>Jobs of what is declared no more, or was asked for by another build: nobody waits for them.</summary>
    private static void TellOfWhatIsLeft(Workspace workspace)
    {
        foreach (var job in SubmittedJobs.In(workspace).All())
            Output.Line($"dq: nothing here waits for Slurm job {job.Id ?? "of an unknown id"}, {job.Name}; `dq attach --cancel` takes it back");
    }

    private static void Tell(IReadOnlyList<SubmittedJob> submitted)
    {
        foreach (var job in submitted)
            Output.Line($"dq: {job.Name} is Slurm job {job.Id ?? "of an unknown id"}");
        if (submitted.Count == 0)
            Output.Line("dq: no job of this folder is with Slurm");
    }
}
