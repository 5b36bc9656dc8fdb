using System.Globalization;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Verdicts;

/// <summary>
/// Of which dq.json and dq.lock the cards were made that lie there, by the contents of all of them: while those are the same, so would the cards be, and a build with
/// nothing to do need not compose them to find that out. Kept in <c>.dq/state/cards</c>; lost or damaged, it means that they are composed once more.
/// </summary>
internal sealed class CardMemory(Workspace workspace, BuildOptions options, FileHashes files)
{
    private string StatePath => Path.Combine(workspace.StateFolder, "cards");

    /// <summary>Whether the cards of these packages are what they would be if they were written now.</summary>
    public bool Holds(IReadOnlyList<PackageTarget> packages, int measurements)
    {
        // What is laid over dq.json stands in no file.
        if (!options.AsDeclared)
            return false;
        try
        {
            return File.ReadAllText(StatePath) == State(packages, measurements);
        }
        catch (Exception e) when (AtomicFile.IsWriteFailure(e))
        {
            return false;
        }
    }

    /// <summary>Remembers cards that were written now.</summary>
    public void Remember(IReadOnlyList<PackageTarget> packages, int measurements)
    {
        if (!options.AsDeclared)
            return;
        try
        {
            AtomicFile.CreateFolder(workspace.StateFolder);
            AtomicFile.Write(StatePath, Encoding.UTF8.GetBytes(State(packages, measurements)));
        }
        catch (Exception e) when (e is DqException || AtomicFile.IsWriteFailure(e))
        {
            // A folder that cannot be written has nothing remembered, and every build composes them anew.
        }
    }

    private string State(IReadOnlyList<PackageTarget> packages, int measurements)
    {
        var (method, state) = (options.Method, new StringBuilder());
        // Another build of this assembly may write other cards.
        _ = state.Append(CultureInfo.InvariantCulture, $"{typeof(CardMemory).Module.ModuleVersionId} {method.Train} {method.Evaluate} {method.Quantize} {method.Package} {options.Device} {measurements}\n");
        _ = state.Append(files.Hash(workspace.DeclarationPath)).Append(' ').Append(files.Hash(workspace.LockPath)).Append('\n');
        foreach (var package in packages)
        {
            _ = state.Append(package.Name);
            foreach (var name in (ReadOnlySpan<string>)[PackageTarget.CardFile, PackageTarget.BomFile])
                _ = state.Append(' ').Append(files.Hash(workspace.OutputPath(package.Name, name)));
            _ = state.Append('\n');
        }

        return state.ToString();
    }
}
