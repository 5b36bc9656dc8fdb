using System.Text;
using DQPipeline.Declarations;

namespace DQPipeline.Tool.Terminal;

/// <summary>Text for people that is lost where it cannot be written, as on a full disk: work does not fail because nobody can be told of it.</summary>
/// <param name="open">Opens the writer that is written to; it may fail as writing may.</param>
internal sealed class UnfailingWriter(Func<TextWriter> open) : TextWriter
{
    private readonly Lazy<TextWriter> _inner = new(() => Open(open));

    public override Encoding Encoding => _inner.Value.Encoding;

    public override void Write(char value) => Try(() => _inner.Value.Write(value));

    public override void Write(string? value) => Try(() => _inner.Value.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => _inner.Value.Write(buffer, index, count));

    public override void WriteLine(string? value) => Try(() => _inner.Value.WriteLine(value));

    public override void Flush() => Try(() => _inner.Value.Flush());

    private static TextWriter Open(Func<TextWriter> open)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return Null;
        }
    }

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
        }
    }
}
