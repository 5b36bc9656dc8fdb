using DQPipeline.Declarations.Items;
using DQPipeline.Declarations.Json;
using DQPipeline.Declarations.Reading;
using DQPipeline.Declarations.Shapes;

namespace DQPipeline.Declarations;

/// <summary>Reads dq.json.</summary>
public static class PipelineFile
{
    /// <summary>The file's name in a folder.</summary>
    public const string Name = "dq.json";

    /// <summary>Reads, merges, expands and checks a dq.json.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Assignments <c>path=value</c> laid over the file before anything else, as <c>--set</c> gives them: <c>train.dq.lipschitz.beta=2e-3</c>.</param>
    /// <param name="environment">Looks up environment variables for data paths; the process's own where null.</param>
    /// <param name="items">MSBuild items that declare more; where there are some, the file may be missing.</param>
    /// <exception cref="DqException">Everything that is wrong with the file and the items, in the order of their lines.</exception>
    public static PipelineDeclaration Load(
        string path, IReadOnlyList<string>? overrides = null, Func<string, string?>? environment = null, IReadOnlyList<DeclaredItem>? items = null)
    {
        var shown = SourcePlace.Shown(path);
        byte[] bytes;
        try
        {
            bytes = items is { Count: > 0 } && !File.Exists(path) ? [.. "{}"u8] : File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DqException(DiagnosticCodes.FileMissing, $"there is no {Name} here; `dq init` writes one", new SourcePlace(shown), failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DqException(DiagnosticCodes.FileMissing, $"the file cannot be read: {failure.Message}", new SourcePlace(shown), failure);
        }

        return Parse(bytes, shown, Path.GetDirectoryName(Path.GetFullPath(path))!, overrides ?? [], environment ?? Environment.GetEnvironmentVariable, items);
    }

    /// <summary>As <see cref="Load"/>, from the bytes that the file has, or had at another time.</summary>
    /// <param name="path">Where the file is: paths of data are relative to its folder.</param>
    /// <param name="content">Its content.</param>
    /// <exception cref="DqException">Everything that is wrong with it.</exception>
    public static PipelineDeclaration Read(string path, ReadOnlySpan<byte> content) =>
        Parse(content, SourcePlace.Shown(path), Path.GetDirectoryName(Path.GetFullPath(path))!, [], Environment.GetEnvironmentVariable);

    /// <summary>As <see cref="Load"/>, from the bytes of a file.</summary>
    internal static PipelineDeclaration Parse(
        ReadOnlySpan<byte> utf8, string file, string folder, IReadOnlyList<string> overrides, Func<string, string?> environment, IReadOnlyList<DeclaredItem>? items = null)
    {
        var diagnostics = new List<Diagnostic>();
        var root = SourceReader.Parse(utf8, file, diagnostics);
        if (root is null)
            throw new DqException(diagnostics);
        var context = new ReadContext(diagnostics);
        if (root.Kind != NodeKind.Object)
        {
            context.Complain(DiagnosticCodes.WrongType, $"{Name} should hold an object, not {root.Describe()}", root.Place);
            throw new DqException(diagnostics);
        }

        root = new ItemsReader(new ItemPlaces(SourcePlace.Shown), context).AddTo(root, items ?? []);
        foreach (var assignment in overrides)
            root = Override.Apply(root, assignment, context);
        var pipeline = Declared.Root.Read(root, context, start: null, ["$schema", .. Entries.Sections]);
        pipeline = new PipelineReader(pipeline, folder, environment, context).Read(root);
        if (diagnostics.Count == 0)
            return pipeline;
        throw new DqException([.. diagnostics.OrderBy(diagnostic => diagnostic.Place?.File, StringComparer.Ordinal).ThenBy(diagnostic => diagnostic.Place?.Line ?? 0).ThenBy(diagnostic => diagnostic.Place?.Column ?? 0).Distinct()]);
    }
}
