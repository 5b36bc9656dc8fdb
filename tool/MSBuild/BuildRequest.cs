using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using DQPipeline.Declarations;
using DQPipeline.Declarations.Items;

namespace DQPipeline.Tool.MSBuild;

/// <summary>What the MSBuild package asks for: a file that it writes (tasks/RequestFile.cs), rewritten only when something in it changes.</summary>
internal sealed record BuildRequest
{
    /// <summary>The version of the request and of the lines that answer it (<see cref="MessageLines"/>).</summary>
    public const int Protocol = 1;

    /// <summary>The folder of the pipeline, absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>auto, cpu or cuda.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Whether failed gates are warnings.</summary>
    public bool GatesWarn { get; init; }

    /// <summary>Where the findings and gates go as SARIF; null for nowhere.</summary>
    public string? SarifFile { get; init; }

    /// <summary>Where the gates and targets go as JUnit XML; null for nowhere.</summary>
    public string? JUnitFile { get; init; }

    /// <summary>Targets by name; none is everything.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>Values laid over dq.json, <c>path=value</c>.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>What the project declares itself.</summary>
    public IReadOnlyList<DeclaredItem> Items { get; init; } = [];

    /// <summary>Reads a request.</summary>
    /// <exception cref="DqException">DQ6008: the file is none, or of another version of the MSBuild package.</exception>
    public static BuildRequest Read(string path)
    {
        XElement root;
        try
        {
            using var reader = XmlReader.Create(path, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            root = XDocument.Load(reader).Root!;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or XmlException)
        {
            throw new DqException(DiagnosticCodes.VersionMismatch, $"the request of the MSBuild package cannot be read: {failure.Message}", new SourcePlace(path), failure);
        }

        if (root.Attribute("protocol")?.Value is var protocol && protocol != Protocol.ToString(CultureInfo.InvariantCulture))
        {
            throw new DqException(
                DiagnosticCodes.VersionMismatch,
                $"the package DQPipeline.MSBuild {root.Attribute("version")?.Value} asks in protocol {protocol}, and this dotnet-dq {ToolVersion.Text} answers in {Protocol}; install both in the same version");
        }

        string Text(string name) => root.Attribute(name)?.Value ?? "";
        return new BuildRequest
        {
            Folder = Text("folder"),
            Device = Text("device") is { Length: > 0 } device ? device : "auto",
            GatesWarn = Text("gates") == "warning",
            SarifFile = root.Attribute("sarif")?.Value,
            JUnitFile = root.Attribute("junit")?.Value,
            Targets = [.. root.Elements("target").Select(target => target.Value)],
            Set = [.. root.Elements("set").Select(set => set.Value)],
            Items = [.. root.Elements("item").Select(Item)],
        };
    }

    private static DeclaredItem Item(XElement item) => new(
        item.Attribute("type")!.Value,
        item.Attribute("include")!.Value,
        item.Attribute("file")!.Value,
        [.. item.Elements("option").Select(option => KeyValuePair.Create(option.Attribute("name")!.Value, option.Value))]);
}
