using System.Diagnostics;
using System.Globalization;
using DQPipeline.Data;

namespace DQPipeline.Tool.Terminal;

/// <summary>The progress of a download: a line redrawn in place on a terminal, a line every ten seconds elsewhere.</summary>
internal sealed class DownloadView(bool quiet) : IProgress<DownloadProgress>
{
    private readonly StatusLine _line = new(quiet);
    private string _file = "";
    private long _start, _already;

    public void Report(DownloadProgress value)
    {
        if (value.File != _file)
            (_file, _start, _already) = (value.File, Stopwatch.GetTimestamp(), value.Received);
        var speed = (value.Received - _already) / Math.Max(0.1, Stopwatch.GetElapsedTime(_start).TotalSeconds);
        var share = value.Total is > 0 and var total ? string.Create(CultureInfo.InvariantCulture, $"{100.0 * value.Received / total:0} % of {Words.Bytes(total)}") : Words.Bytes(value.Received);
        _line.Show($"dq: downloading {_file}: {share}, {Words.Bytes((long)speed)}/s");
    }

    public void End() => _line.Clear();
}
