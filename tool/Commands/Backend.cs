using DQPipeline.Native;
using DQPipeline.Targets;
using DQPipeline.Targets.Workers;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

/// <summary>Sees to libtorch before something needs it.</summary>
internal static class Backend
{
    /// <summary>Brings libtorch where it is missing, for a command that works in this process; what is written for it stays out of folders that hold no pipeline.</summary>
    public static Task EnsureAsync(CancellationToken cancellation)
    {
        var here = new Workspace(".");
        return BackendRestore.EnsureAsync(Directory.Exists(here.DqFolder) ? FolderIn(here) : null, here.Folder, text => Output.Line($"dq: {text}"), cancellation);
    }

    /// <summary>An executor that sees to it once, before the first job: a build with nothing to do asks nobody.</summary>
    public static IExecutor Before(IExecutor executor, Workspace workspace) => new Restoring(executor, workspace);

    private static string FolderIn(Workspace workspace) => Path.Combine(workspace.DqFolder, "backend");

    private sealed class Restoring(IExecutor inner, Workspace workspace) : IExecutor
    {
        private readonly SemaphoreSlim _gate = new(1);
        private bool _isThere;

        public void Expect(IReadOnlyList<WorkerJob> jobs) => inner.Expect(jobs);

        public void Forget(WorkerJob job) => inner.Forget(job);

        public async Task<DoneEvent> RunAsync(WorkerJob job, IWorkerEvents events, CancellationToken cancellation)
        {
            // Not broken off: a cluster may have the job already, submitted with another's, and only who comes to it takes it back.
            await _gate.WaitAsync(CancellationToken.None);
            try
            {
                if (!_isThere)
                    await BackendRestore.EnsureAsync(FolderIn(workspace), workspace.Folder, events.Message, cancellation);
                _isThere = true;
            }
            finally
            {
                _gate.Release();
            }

            return await inner.RunAsync(job, events, cancellation);
        }
    }
}
