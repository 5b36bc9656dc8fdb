using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Tool.Working;

/// <summary>Events to the front end, one line each, whole lines only, from any thread.</summary>
internal sealed class WorkerChannel(Stream stream) : IDisposable
{
    private readonly StreamWriter _writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" };
    private readonly Lock _gate = new();
    private bool _isBroken;

    public void Send(WorkerEvent message)
    {
        lock (_gate)
        {
            if (_isBroken)
                return;
            try
            {
                _writer.WriteLine(WorkerJson.Write(message));
            }
            catch (IOException)
            {
                // The front end is gone. The end of standard input tells the work so, which may still write its checkpoint.
                _isBroken = true;
            }
        }
    }

    public void Send(Diagnostic diagnostic) => Send(new DiagnosticEvent
    {
        Code = diagnostic.Code,
        Message = diagnostic.Message,
        Severity = diagnostic.Severity == Severity.Error ? "error" : "warning",
        File = diagnostic.Place?.File,
        Line = diagnostic.Place?.Line ?? 0,
        Column = diagnostic.Place?.Column ?? 0,
    });

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_isBroken)
                _writer.Dispose();
        }
    }
}
