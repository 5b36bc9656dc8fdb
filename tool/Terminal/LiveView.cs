using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Workers;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DQPipeline.Tool.Terminal;

/// <summary>For a terminal: one bar for each worker that runs, redrawn in place; what is done scrolls away above.</summary>
internal sealed class LiveView(Verbosity verbosity) : BuildView, IBuildObserver
{
    /// <summary>Clears from the cursor to the end of the screen.</summary>
    private const string ClearBelow = "\e[J";

    private readonly Dictionary<IReadOnlyList<Target>, (ProgressTask Task, string Details)> _running = [];
    private readonly Lock _gate = new();
    private ProgressContext? _progress;

    public override IBuildObserver Observer => this;

    public override async Task<BuildResult> ShowAsync(Func<Task<BuildResult>> build)
    {
        BuildResult? result = null;
        await Output.ForPeople.Progress()
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 20 }, new PercentageColumn(), new DetailsColumn(this))
            .StartAsync(async context =>
            {
                _progress = context;
                result = await build();
            });
        return result!;
    }

    public void Waiting(string holder) => Print($"waiting for another build in this folder ({holder})");

    public void Started(IReadOnlyList<Target> targets)
    {
        lock (_gate)
            _running[targets] = (_progress!.AddTask(Output.Escaped(Narration.Title(targets))), "starting");
    }

    public void Progress(IReadOnlyList<Target> targets, ProgressEvent progress)
    {
        lock (_gate)
        {
            if (!_running.TryGetValue(targets, out var running))
                return;
            running.Task.MaxValue(Math.Max(1, progress.Steps));
            running.Task.Value(progress.Step);
            _running[targets] = (running.Task, Narration.Details(progress));
        }
    }

    public void Resumed(IReadOnlyList<Target> targets, long step) => Print($"{Narration.Title(targets)}: resumed at step {step}");

    public void Message(IReadOnlyList<Target> targets, string text) => Print($"{Narration.Title(targets)}: {text}");

    public void Finished(TargetResult result)
    {
        lock (_gate)
        {
            foreach (var (targets, running) in _running)
            {
                if (targets[^1] == result.Target)
                    running.Task.StopTask();
            }
        }

        if (Narration.Ending(result, verbosity) is { } ending)
            Print(ending);
    }

    public void Report(Diagnostic diagnostic)
    {
        var isError = diagnostic.Severity == Severity.Error;
        // Breaking the canonical line at the terminal's width would spoil it for whoever copies it or clicks on it; the terminal itself wraps without a line end.
        if (Output.ForPeople.Profile.Capabilities.Ansi)
            Output.ForPeople.Write(new ControlCode(Output.HasColor ? $"{ClearBelow}\e[{(isError ? 31 : 33)}m{diagnostic}\e[0m\n" : $"{ClearBelow}{diagnostic}\n"));
        else
            Output.ForPeople.MarkupLine($"[{(isError ? "red" : "yellow")}]{Output.Escaped(diagnostic.ToString())}[/]");
    }

    private static void Print(string line) => Output.ForPeople.Write(new Line(PlainText.Of(line)));

    /// <summary>A line above the bars. It is written over them and they are drawn again below: what it leaves of them must go, be it longer than they or wrapped.</summary>
    private sealed class Line(string text) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        {
            if (options.Ansi)
                yield return Segment.Control(ClearBelow);
            foreach (var segment in ((IRenderable)new Text(text)).Render(options, maxWidth))
                yield return segment;
            yield return Segment.LineBreak;
        }
    }

    /// <summary>Loss, accuracy, speed and time left beside each bar.</summary>
    private sealed class DetailsColumn(LiveView view) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            lock (view._gate)
            {
                foreach (var running in view._running.Values)
                {
                    if (running.Task == task)
                        return new Text(running.Details, new Style(Color.Grey)) { Overflow = Overflow.Ellipsis };
                }
            }

            return Text.Empty;
        }
    }
}
