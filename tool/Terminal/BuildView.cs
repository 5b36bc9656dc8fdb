using DQPipeline.Declarations;
using DQPipeline.Targets.Building;

namespace DQPipeline.Tool.Terminal;

/// <summary>Shows a build while it runs.</summary>
internal abstract class BuildView
{
    /// <summary>Takes what happens.</summary>
    public abstract IBuildObserver Observer { get; }

    /// <summary>Runs the build under this view.</summary>
    public abstract Task<BuildResult> ShowAsync(Func<Task<BuildResult>> build);

    /// <summary>A live display on a terminal, sparse lines elsewhere, diagnostics only when quiet.</summary>
    public static BuildView Choose(bool quiet) => quiet ? new QuietView() : Output.IsLive ? new LiveView() : new LineView(TimeProvider.System);

    private sealed class QuietView : BuildView, IBuildObserver
    {
        public override IBuildObserver Observer => this;

        public override Task<BuildResult> ShowAsync(Func<Task<BuildResult>> build) => build();

        public void Report(Diagnostic diagnostic) => Output.Diagnostic(diagnostic);
    }
}
