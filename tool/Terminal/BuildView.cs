using DQPipeline.Declarations;
using DQPipeline.Targets;
using DQPipeline.Targets.Building;

namespace DQPipeline.Tool.Terminal;

/// <summary>Shows a build while it runs.</summary>
internal abstract class BuildView
{
    /// <summary>Takes what happens.</summary>
    public abstract IBuildObserver Observer { get; }

    /// <summary>Runs the build under this view.</summary>
    public abstract Task<BuildResult> ShowAsync(Func<Task<BuildResult>> build);

    /// <summary>A live display on a terminal, sparse lines elsewhere, diagnostics only where no more is wanted.</summary>
    public static BuildView Choose(Verbosity verbosity, Workspace workspace) => verbosity <= Verbosity.Minimal ? new QuietView()
        : Output.IsLive && verbosity < Verbosity.Diagnostic ? new LiveView(verbosity) : new LineView(TimeProvider.System, verbosity, workspace);

    private sealed class QuietView : BuildView, IBuildObserver
    {
        public override IBuildObserver Observer => this;

        public override Task<BuildResult> ShowAsync(Func<Task<BuildResult>> build) => build();

        public void Report(Diagnostic diagnostic) => Output.Diagnostic(diagnostic);
    }
}
