using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Building;

internal sealed partial class BuildRun
{
    /// <summary>
    /// What one worker reports. Its first step, or else its end, says that it has read its files: then they are looked at, beside its work, and if they are others than those of the keys, it is stopped.
    /// One that was begun anew has read them anew. What cannot be looked at just now is looked at again when something is to be taken in, a few times.
    /// </summary>
    private sealed class Events(BuildRun run, BuildReport report, List<Node> batch, List<Target> targets, CancellationToken cancellation) : IWorkerEvents, IDisposable
    {
        /// <summary>What a look waits for files that are away, before each further attempt.</summary>
        private static readonly TimeSpan[] s_pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)];

        private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        private readonly Lock _begin = new();
        private Task? _look;
        private bool _isOld;

        /// <summary>Ends the worker.</summary>
        public CancellationToken Stop => _stop.Token;

        /// <summary>What its files are that they should not be; null as long as nothing is known.</summary>
        public DqException? Change { get; private set; }

        /// <summary>Whether something was not taken in because its files could not be looked at.</summary>
        public bool WasAway { get; private set; }

        /// <summary>Completes when its files were looked at, and what was made of them may be taken.</summary>
        /// <exception cref="DqException">They are others than those of the keys, or cannot be looked at.</exception>
        public async Task LookAsync()
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await Begin(again: true).ConfigureAwait(false);
                    return;
                }
                catch (DqException) when (Change is null)
                {
                    if (attempt == s_pauses.Length)
                    {
                        WasAway = true;
                        throw;
                    }

                    await Task.Delay(s_pauses[attempt], run._time, cancellation).ConfigureAwait(false);
                }
            }
        }

        /// <summary>The look that goes on or has ended, or a new one.</summary>
        /// <param name="again">Whether one that could not look counts for nothing.</param>
        private Task Begin(bool again)
        {
            lock (_begin)
            {
                if (_look is not null && !_isOld && !(again && _look.IsFaulted))
                    return _look;
                var earlier = _look;
                _isOld = false;
                return _look = batch.Exists(ReadFiles.Reads) ? Task.Run(() => LookAfterAsync(earlier), CancellationToken.None) : Task.CompletedTask;
            }
        }

        /// <summary>Completes when no look goes on any more, whatever came of it.</summary>
        public async Task EndAsync()
        {
            Task? look;
            lock (_begin)
                look = _look;
            if (look is not null)
                await look.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public void Progress(ProgressEvent progress)
        {
            if (progress.Step > 0)
                _ = Begin(again: false);
            report.Tell(o => o.Progress(targets, progress));
        }

        public void Message(string text) => report.Tell(o => o.Message(targets, text));

        public void Resumed(long step) => report.Tell(o => o.Resumed(targets, step));

        public void Warning(Diagnostic warning) => report.Report(warning);

        public void Restarted()
        {
            lock (_begin)
                _isOld = true;
        }

        public void Cell(CellEvent cell)
        {
            LookAsync().GetAwaiter().GetResult();
            lock (run._sync)
            {
                var node = batch.Find(n => n.Target.Id == cell.Id && n.Outcome is null);
                if (node is null)
                    return;
                var detection = Detection.Metrics(cell.Detection, clean: node.Target is EvaluationCell { Attack: null });
                var metrics = detection.Concat(Health.Metrics(cell.Health)).Append(new("correct", cell.Correct)).Append(new("samples", cell.Samples));
                var record = new TargetRecord(node.Key!, [], [.. metrics.OrderBy(metric => metric.Name, StringComparer.Ordinal)], cell.Standing);
                if (node.Target.Accepts(record))
                    run.Complete(node, record);
                else
                    run.Fail(node, new(DiagnosticCodes.WorkerDied, $"the worker reported {cell.Correct} of {cell.Samples} correct for {cell.Id}, which is no measurement"));
            }
        }

        public void Dispose() => _stop.Dispose();

        private async Task LookAfterAsync(Task? earlier)
        {
            if (earlier is not null)
                await earlier.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Change is not null)
                throw new DqException(Change.Diagnostics, Change);
            if (Look() is { } away)
                throw away;
        }

        private DqException? Look()
        {
            try
            {
                return run._readFiles.Check(batch, cancellation);
            }
            catch (DqException e)
            {
                Change = e;
                _stop.Cancel();
                throw;
            }
        }
    }
}
