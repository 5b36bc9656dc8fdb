using System.Diagnostics;
using System.Globalization;
using DQPipeline.Data;

namespace DQPipeline.Tool.Terminal;

/// <summary>The progress of a download: a line redrawn in place on a terminal, a line every ten seconds elsewhere.</summary>
internal sealed class DownloadView(bool quiet) : IProgress<DownloadProgress>
{
    private readonly StatusLine _line = new(quiet);
    private readonly long _start = Stopwatch.GetTimestamp();
    private long? _already;

    public void Report(DownloadProgress value)
    {
        _already ??= value.Received;
        var speed = (value.Received - _already.Value) / Math.Max(0.1, Stopwatch.GetElapsedTime(_start).TotalSeconds);
        var share = value.Total is > 0 and var total ? string.Create(CultureInfo.InvariantCulture, $"{100.0 * value.Received / total:0} % of {Words.Bytes(total)}") : Words.Bytes(value.Received);
        _line.Show($"dq: downloading: {share}, {Words.Bytes((long)speed)}/s");
    }

    public void End() => _line.Clear();
}
