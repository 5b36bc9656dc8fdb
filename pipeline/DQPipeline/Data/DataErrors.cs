using DQPipeline.Declarations;

namespace DQPipeline.Data;

/// <summary>The failures of loaders; <see cref="Datasets"/> adds the place of the declaration.</summary>
internal static class DataErrors
{
    public static DqException Missing(string message) => new(DiagnosticCodes.DataMissing, message);

    public static DqException Corrupt(string message, Exception? inner = null) => new(DiagnosticCodes.DataCorrupt, message, inner: inner);

    public static DqException Unsafe(string message) => new(DiagnosticCodes.UnsafeArchive, message);

    public static DqException Unfit(string message) => new(DiagnosticCodes.DataUnfit, message);
}
