using System.Diagnostics;
using DQPipeline.Declarations;

namespace DQPipeline.Tool.Terminal;

/// <summary>One line of progress: redrawn in place on a terminal, printed anew every ten seconds elsewhere, silent when quiet.</summary>
internal sealed class StatusLine(bool quiet)
{
    private long _last = Stopwatch.GetTimestamp();
    private bool _isDrawn;

    public void Show(string text)
    {
        var pause = Output.IsLive ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(10);
        if (quiet || Stopwatch.GetElapsedTime(_last) < pause)
            return;
        _last = Stopwatch.GetTimestamp();
        if (Output.IsLive)
        {
            Console.Error.Write($"\r{PlainText.Of(text)}\e[K");
            _isDrawn = true;
        }
        else
        {
            Output.Line(text);
        }
    }

    public void Clear()
    {
        if (_isDrawn)
            Console.Error.Write("\r\e[K");
        _isDrawn = false;
    }
}
