namespace DQPipeline.Tool.Terminal;

/// <summary>How much a build tells, in MSBuild's words.</summary>
internal enum Verbosity
{
    /// <summary>Diagnostics.</summary>
    Quiet,

    /// <summary>Also how it ended, in one line.</summary>
    Minimal,

    /// <summary>Also progress, what was done, tables and gates.</summary>
    Normal,

    /// <summary>Also what was not done, and why each target runs.</summary>
    Detailed,

    /// <summary>Also every step that a worker reports, and where its log and the target's key are. Nothing is redrawn.</summary>
    Diagnostic,
}
