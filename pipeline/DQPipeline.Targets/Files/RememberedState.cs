using System.Text;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Files;

/// <summary>A text in <c>.dq/state</c> that tells of what something was made: while it is the same, so would the thing be. Lost or damaged, or in a folder that cannot be written, it costs making it once more.</summary>
internal sealed class RememberedState(Workspace workspace, string name)
{
    private string StatePath => Path.Combine(workspace.StateFolder, name);

    /// <summary>Whether this was remembered last.</summary>
    public bool Is(string state)
    {
        try
        {
            return File.ReadAllText(StatePath) == state;
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return false;
        }
    }

    /// <summary>Remembers this.</summary>
    public void Set(string state)
    {
        try
        {
            AtomicFile.CreateFolder(workspace.StateFolder);
            AtomicFile.Write(StatePath, Encoding.UTF8.GetBytes(state));
        }
        catch (Exception e) when (e is DqException || AtomicFile.IsWriteFailure(e))
        {
            // Then it is made anew each time.
        }
    }
}
