using System.Globalization;
using System.Text;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Files;
using DQPipeline.Targets.Fingerprints;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Targets.Verdicts;

/// <summary>
/// Of which dq.json and dq.lock the cards were made that lie there, by the contents of all of them: while those are the same, so would the cards be, and a build with
/// nothing to do need not compose them to find that out.
/// </summary>
internal sealed class CardMemory(Workspace workspace, BuildOptions options, FileHashes files)
{
    private readonly RememberedState _memory = new(workspace, "cards");

    /// <summary>Whether the cards of these packages are what they would be if they were written now.</summary>
    // What is laid over dq.json stands in no file.
    public bool Holds(IReadOnlyList<PackageTarget> packages, int measurements) => options.AsDeclared?.Stands(workspace) == true && _memory.Is(State(packages, measurements));

    /// <summary>Remembers cards that were written now.</summary>
    public void Remember(IReadOnlyList<PackageTarget> packages, int measurements)
    {
        if (options.AsDeclared?.Stands(workspace) == true)
            _memory.Set(State(packages, measurements));
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
