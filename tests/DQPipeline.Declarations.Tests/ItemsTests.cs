using System.Text.Json.Nodes;
using System.Xml.Linq;
using DQPipeline.Declarations.Items;

namespace DQPipeline.Declarations.Tests;

/// <summary>MSBuild items against dq.json: the same declarations, the same complaints, at the place where they are written.</summary>
public sealed class ItemsTests : IDisposable
{
    private const string Whole = """
        {
          "seed": 7, "threads": 3,
          "datasets": { "street": { "kind": "street-digits", "train": 500, "seed": 4 }, "photos": { "kind": "image-folder", "path": "photos", "size": 48, "flip": true, "optional": true } },
          "train": {
            "full": { "dataset": "street", "network": "wrn-16-4", "epochs": 2, "schedule": { "kind": "step", "milestones": [0.5, 0.75] }, "residual": "convex" },
            "dq": { "extends": "full", "activation": { "kind": "relu1", "bits": 4 }, "lipschitz": { "beta": 1e-3, "linear": false, "constraint": "spectral", "limit": 2 }, "loss": { "kind": "margin", "margin": 0.5 }, "augment": { "crop": 2, "flip": true } },
            "grid": { "extends": "dq", "matrix": { "activation.bits": [1, 2], "lipschitz.beta": [0, 0.003], "schedule.milestones": [[0.1, 0.2], [0.4]] } },
          },
          "quantize": { "dq-int8": { "model": "dq", "input": "uint8", "calibration": { "method": "percentile", "percentile": 99.5 } } },
          "evaluate": {
            "robustness": {
              "models": ["full", "dq", "dq-int8"], "attacks": ["fgsm", "random", { "kind": "pgd", "name": "pgd50", "steps": 50, "alpha": 0.25 }], "epsilon": [2, 8], "samples": 100, "detector": { "bits": 5, "median": 2 },
              "gates": [{ "model": "dq", "atLeast": 0.9 }, { "model": "dq-int8", "attack": "pgd50", "epsilon": 2, "atLeast": 0.4, "certain": true, "notWorseThan": "dq", "trusted": true }],
            },
          },
          "distance": { "figure3a": { "models": ["full", "grid"], "attack": { "kind": "pgd", "steps": 5 }, "epsilon": [1, 2, 3], "bits": 3 } },
          "certify": { "account": { "models": ["full", "dq"], "radii": [18, 36], "attack": { "kind": "pgd", "alpha": 0.5 }, "epsilon": 4 } },
          "samples": { "sheet": { "models": "dq", "epsilon": 8, "count": 5 } },
          "package": { "digits": { "model": "dq-int8", "formats": ["mlnet", "onnx"], "detector": { "median": 2 } } },
          "report": { "page": { "of": ["robustness", "sheet"], "title": "What holds", "formats": ["html", "json"], "against": "main" } },
        }
        """;

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <DqSeed>7</DqSeed>
            <DqThreads>3</DqThreads>
          </PropertyGroup>
          <ItemGroup>
            <DqDataset Include="street" Kind="street-digits" Train="500" Seed="4" />
            <DqDataset Include="photos" Kind="image-folder" Path="photos" Size="48" Flip="True" Optional="true" />
            <DqTrain Include="full" Dataset="street" Network="wrn-16-4" Epochs="2" ScheduleKind="step" ScheduleMilestones="0.5;0.75" Residual="convex" />
            <DqTrain Include="dq" Extends="full" ActivationKind="relu1" ActivationBits="4" LipschitzConstraint="spectral" LipschitzLimit="2" LossKind="margin" LossMargin="0.5">
              <LipschitzBeta>1e-3</LipschitzBeta>
              <LipschitzLinear>false</LipschitzLinear>
              <AugmentCrop>
                2
              </AugmentCrop>
              <AugmentFlip>true</AugmentFlip>
            </DqTrain>
            <DqTrain Include="grid" Extends="dq" />
            <DqMatrix Include="grid" ActivationBits="1;2" LipschitzBeta="0; 0.003" ScheduleMilestones="0.1,0.2;0.4" />
            <DqQuantize Include="dq-int8" Model="dq" Input="uint8" CalibrationMethod="percentile" CalibrationPercentile="99.5" />
            <DqEvaluate Include="robustness" Models="full;dq;dq-int8" Attacks="fgsm;random" Epsilon="2;8" Samples="100" DetectorBits="5" DetectorMedian="2" />
            <DqAttack Include="robustness" Kind="pgd" Name="pgd50" Steps="50" Alpha="0.25" />
            <DqGate Include="robustness" Model="dq" AtLeast="0.9" />
            <DqGate Include="robustness" Model="dq-int8" Attack="pgd50" Epsilon="2" AtLeast="0.4" Certain="true" NotWorseThan="dq" Trusted="true" />
            <DqDistance Include="figure3a" Models="full;grid" AttackKind="pgd" AttackSteps="5" Epsilon="1;2;3" Bits="3" />
            <DqCertify Include="account" Models="full;dq" Radii="18;36" AttackKind="pgd" AttackAlpha="0.5" Epsilon="4" />
            <DqSamples Include="sheet" Models="dq" Epsilon="8" Count="5" />
            <DqPackage Include="digits" Model="dq-int8" Formats="mlnet;onnx" DetectorMedian="2" />
            <DqReport Include="page" Of="robustness;sheet" Title="What holds" Formats="html;json" Against="main" />
          </ItemGroup>
        </Project>
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dq-items-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Items_declare_what_json_declares()
    {
        var json = Write("dq.json", Whole);
        var project = Write("app.csproj", Project);
        var fromJson = PipelineFile.Load(json);
        var fromItems = PipelineFile.Load(Path.Combine(_folder.FullName, "none.json"), items: ItemsOf(project));
        Assert.Equal(Described(fromJson), Described(fromItems));
        Assert.Equal(8, fromItems.Train.Values.Count(train => train.Group == "grid"));
        Assert.Equal((7, 3), (fromItems.Seed, fromItems.Threads));
        Assert.Equal("pgd50", fromItems.Evaluate["robustness"].Gates[1].Attack);
        Assert.True(fromItems.Evaluate["robustness"].Gates[1].Certain);
        Assert.Equal(("dq", true), (fromItems.Evaluate["robustness"].Gates[1].NotWorseThan, fromItems.Evaluate["robustness"].Gates[1].Trusted));
    }

    [Fact]
    public void Items_join_what_dq_json_declares()
    {
        var json = Write("dq.json", """{ "datasets": { "street": { "kind": "street-digits" } }, "train": { "full": { "dataset": "street" } }, "evaluate": { "robustness": { "models": "full", "attacks": ["fgsm"], "epsilon": 2 } } }""");
        var project = Write("app.csproj", """
            <Project>
              <ItemGroup>
                <DqTrain Include="dq" Extends="full" ActivationBits="4" />
                <DqGate Include="robustness" Model="full" Attack="fgsm" Epsilon="2" AtLeast="0.1" />
              </ItemGroup>
            </Project>
            """);
        var pipeline = PipelineFile.Load(json, items: ItemsOf(project));
        Assert.Equal(["full", "dq"], pipeline.Train.Keys);
        Assert.Equal(4, pipeline.Train["dq"].Activation.Bits);
        var gate = Assert.Single(pipeline.Evaluate["robustness"].Gates);
        Assert.Equal((project, 4, 6), (Path.GetFullPath(gate.Place.File), gate.Place.Line, gate.Place.Column));
        Assert.EndsWith("dq.json", pipeline.Evaluate["robustness"].Place.File, StringComparison.Ordinal);
    }

    /// <summary>The schema is walked and not the shapes, so that an option cannot be missing on both sides.</summary>
    [Fact]
    public void Every_option_of_the_schema_has_its_metadata()
    {
        // Of layers, one text holds all: Network="conv 32, maxpool, linear".
        var sections = PipelineSchema.Create()["properties"]!.AsObject();
        var missing = new List<string>();
        var count = 0;
        foreach (var (section, schema) in sections)
        {
            if (schema!["additionalProperties"] is not JsonObject entry)
                continue;
            var type = Assert.Single(ItemTypes.Entries, type => type.Section == section);
            foreach (var variant in entry["oneOf"]?.AsArray().Select(node => node!) ?? [entry])
            {
                foreach (var path in Paths(variant, "").Where(path => path is not ("extends" or "matrix" or "network.layers")))
                {
                    count++;
                    if (!type.Options.ContainsKey(ItemTypes.MetadataName(path)) && !ItemTypes.Parts.Any(part => part.Section == section && part.List == path))
                        missing.Add($"{type.Name}: {path}");
                }
            }
        }

        Assert.Empty(missing);
        Assert.True(count > 80, $"only {count} options were found in the schema");
        var attack = sections["evaluate"]!["additionalProperties"]!["properties"]!["attacks"]!["items"]!["anyOf"]!.AsArray().Single(node => node!["properties"] is not null)!;
        Assert.All(Paths(attack, ""), path => Assert.True(ItemTypes.Parts[0].Options.ContainsKey(ItemTypes.MetadataName(path)), path));
        Assert.All(Paths(sections["evaluate"]!["additionalProperties"]!["properties"]!["gates"]!["items"]!, ""), path => Assert.True(ItemTypes.Parts[1].Options.ContainsKey(ItemTypes.MetadataName(path)), path));
        Assert.Equal(["seed", "threads"], sections.Where(pair => pair.Value!["type"]?.ToString() == "integer").Select(pair => pair.Key));
    }

    [Fact]
    public void No_metadata_has_a_name_that_msbuild_keeps_for_itself_and_no_two_share_one()
    {
        string[] reserved =
        [
            "FullPath", "RootDir", "Filename", "Extension", "RelativeDir", "Directory", "RecursiveDir", "Identity", "ModifiedTime", "CreatedTime", "AccessedTime",
            "DefiningProjectFullPath", "DefiningProjectDirectory", "DefiningProjectName", "DefiningProjectExtension",
            "Include", "Exclude", "Remove", "Update", "Condition", "Label", "KeepDuplicates", "KeepMetadata", "RemoveMetadata", "MatchOnMetadata", "MatchOnMetadataOptions",
        ];
        foreach (var shape in ItemTypes.Entries.SelectMany(type => type.Shapes).Concat(ItemTypes.Parts.Select(part => part.Shape)))
        {
            var names = shape.Fields.SelectMany(field => field.TextOptions("")).Select(option => ItemTypes.MetadataName(option.Path)).ToList();
            Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
            Assert.Empty(names.Intersect(reserved, StringComparer.OrdinalIgnoreCase));
        }
    }

    [Theory]
    [InlineData("<DqTrain Include=\"dq\" Dataset=\"street\" LipschitzBeta=\"two\" />", 5, 42, "DQ1003", "\"beta\" should be a number, not the text \"two\"")]
    [InlineData("<DqTrain Include=\"dq\" Dataset=\"street\" ActivationBits=\"9\" />", 5, 42, "DQ1004", "\"bits\" should be from 1 to 8, or 32, not 9")]
    [InlineData("<DqTrain Include=\"dq\" Dataset=\"street\" LipschitzBta=\"1\" />", 5, 42, "DQ1002", "DqTrain has no LipschitzBta; did you mean \"LipschitzBeta\"?")]
    [InlineData("<DqTrain Include=\"dq\" Dataset=\"stret\" />", 5, 25, "DQ1005", "no data set is called \"stret\"; did you mean \"street\"?")]
    [InlineData("<DqTrain Include=\"dq\" />", 5, 4, "DQ1008", "\"dataset\" is missing")]
    [InlineData("<DqTrain Include=\"full\" Dataset=\"street\" />", 5, 4, "DQ1007", "\"full\" is already declared at")]
    [InlineData("<DqTrain Include=\"a b\" Dataset=\"street\" />", 5, 4, "DQ1009", "\"a b\" holds ' '")]
    [InlineData("<DqTrain Include=\"dq\" Extends=\"ful\" />", 5, 25, "DQ1005", "train has no \"ful\"; did you mean \"full\"?")]
    [InlineData("<DqTrain Include=\"dq\" Dataset=\"street\"><Epochs>-1</Epochs></DqTrain>", 5, 43, "DQ1004", "\"epochs\" should be from 0 to 10000, not -1")]
    [InlineData("<DqGate Include=\"robust\" Model=\"full\" AtLeast=\"0.5\" />", 5, 4, "DQ1005", "DqGate includes the name of what it belongs to, and evaluate has no \"robust\"")]
    [InlineData("<DqMatrix Include=\"fill\" ActivationBits=\"1;2\" />", 5, 4, "DQ1005", "and train has no \"fill\"")]
    [InlineData("<DqDataset Include=\"x\" Kind=\"mnist\" />", 5, 26, "DQ1004", "\"kind\" is one of")]
    [InlineData("<DqDataset Include=\"x\" Kind=\"street-digits\" Path=\"p\" />", 5, 47, "DQ1002", "DqDataset has no Path")]
    [InlineData("<DqEvaluate Include=\"e\" Models=\"full\" Attacks=\"fgsm\" Epsilon=\"2;x\" />", 5, 56, "DQ1003", "\"epsilon\" should be a number")]
    [InlineData("<DqPackage Include=\"p\" Model=\"full\" Formats=\"mlnet;zip\" />", 5, 39, "DQ1004", "\"formats\": \"zip\" is not one of")]
    [InlineData("<DqSeed>x</DqSeed>", 5, 4, "DQ1003", "\"seed\" should be a whole number")]
    public void A_complaint_points_at_the_place_in_the_project(string element, int line, int column, string code, string message)
    {
        var project = Write("app.csproj", $"""
            <Project>
              <ItemGroup>
              <DqDataset Include="street" Kind="street-digits" />
              <DqTrain Include="full" Dataset="street" />
              {element}
              </ItemGroup>
            </Project>
            """);
        var failure = Assert.Throws<DqException>(() => PipelineFile.Load(Path.Combine(_folder.FullName, "dq.json"), items: ItemsOf(project)));
        var diagnostic = failure.Diagnostics[0];
        Assert.Equal((code, project, line, column), (diagnostic.Code, Path.GetFullPath(diagnostic.Place!.Value.File), diagnostic.Place.Value.Line, diagnostic.Place.Value.Column));
        Assert.Contains(message, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_of_two_equal_items_is_the_second_that_is_written()
    {
        var project = Write("app.csproj", """
            <Project>
              <ItemGroup>
                <DqDataset Include="street" Kind="street-digits" />
                <DqTrain Include="full" Dataset="street" />
                <DqEvaluate Include="robustness" Models="full" Attacks="fgsm" Epsilon="2" />
                <DqGate Include="robustness" Model="full" Attack="fgsm" Epsilon="2" AtLeast="0.1" />
                <DqGate Include="robustness" Model="full" Attack="fgsm" Epsilon="2" AtLeast="0.2" />
              </ItemGroup>
            </Project>
            """);
        var pipeline = PipelineFile.Load(Path.Combine(_folder.FullName, "dq.json"), items: ItemsOf(project));
        Assert.Equal([(0.1, 6), (0.2, 7)], pipeline.Evaluate["robustness"].Gates.Select(gate => (gate.AtLeast!.Value, gate.Place.Line)));
    }

    [Fact]
    public void An_item_that_is_not_written_literally_has_its_file_as_its_place()
    {
        var project = Write("app.csproj", "<Project><ItemGroup><DqTrain Include=\"$(Name)\" Epochs=\"0\" /></ItemGroup></Project>");
        DeclaredItem[] items = [new("DqTrain", "dq", project, [new("Epochs", "0")]), new("DqTrain", "other", Path.Combine(_folder.FullName, "gone.targets"), [new("Epochs", "0")])];
        var failure = Assert.Throws<DqException>(() => PipelineFile.Load(Path.Combine(_folder.FullName, "dq.json"), items: items));
        Assert.All(failure.Diagnostics, diagnostic => Assert.Equal((0, 0), (diagnostic.Place!.Value.Line, diagnostic.Place.Value.Column)));
        Assert.Contains(failure.Diagnostics, diagnostic => diagnostic.Place!.Value.File.EndsWith("app.csproj", StringComparison.Ordinal));
        Assert.Contains(failure.Diagnostics, diagnostic => diagnostic.Place!.Value.File.EndsWith("gone.targets", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_items_a_missing_file_is_a_complaint()
    {
        var failure = Assert.Throws<DqException>(() => PipelineFile.Load(Path.Combine(_folder.FullName, "dq.json"), items: []));
        Assert.Equal("DQ1010", Assert.Single(failure.Diagnostics).Code);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>The items of a project as MSBuild evaluates this much of it.</summary>
    private static List<DeclaredItem> ItemsOf(string project)
    {
        var root = XDocument.Load(project).Root!;
        var items = new List<DeclaredItem>();
        var properties = root.Descendants().Where(element => element.Name.LocalName is "DqSeed" or "DqThreads").Select(element => KeyValuePair.Create(element.Name.LocalName[2..], element.Value)).ToList();
        if (properties.Count > 0)
            items.Add(new(ItemTypes.Pipeline, "", project, properties));
        foreach (var element in root.Descendants().Where(element => ItemTypes.Names.Contains(element.Name.LocalName)))
        {
            var metadata = element.Attributes().Where(attribute => attribute.Name.LocalName != "Include").Select(attribute => KeyValuePair.Create(attribute.Name.LocalName, attribute.Value))
                .Concat(element.Elements().Select(inner => KeyValuePair.Create(inner.Name.LocalName, inner.Value)));
            items.Add(new(element.Name.LocalName, element.Attribute("Include")!.Value, project, [.. metadata]));
        }

        return items;
    }

    private static IEnumerable<string> Paths(JsonNode schema, string prefix)
    {
        foreach (var (name, property) in schema["properties"]!.AsObject())
        {
            var record = property!["properties"] is not null ? property : (property["oneOf"] ?? property["anyOf"])?.AsArray().FirstOrDefault(node => node!["properties"] is not null);
            if (record is not null && property["items"] is null)
            {
                foreach (var path in Paths(record, $"{prefix}{name}."))
                    yield return path;
            }
            else
            {
                yield return prefix + name;
            }
        }
    }

    private static List<string> Described(PipelineDeclaration pipeline) =>
    [
        .. pipeline.Datasets.Values.Select(dataset => $"{dataset.Name}: {Declaration.ToJson(dataset)}"),
        .. pipeline.Train.Values.Select(train => $"{train.Name} of {train.Group}: {Declaration.ToJson(train)}"),
        .. pipeline.Quantize.Values.Select(quantize => $"{quantize.Name}: {Declaration.ToJson(quantize)}"),
        .. pipeline.Evaluate.Values.Select(evaluate => $"{evaluate.Name}: {Declaration.ToJson(evaluate)}"),
        .. pipeline.Distance.Values.Select(distance => $"{distance.Name}: {Declaration.ToJson(distance)}"),
        .. pipeline.Report.Values.Select(report => $"{report.Name}: {Declaration.ToJson(report)}"),
        .. pipeline.Certify.Values.Select(certify => $"{certify.Name}: {Declaration.ToJson(certify)}"),
        .. pipeline.Samples.Values.Select(samples => $"{samples.Name}: {Declaration.ToJson(samples)}"),
        .. pipeline.Package.Values.Select(package => $"{package.Name} of {package.Model}: {Declaration.ToJson(package)}"),
    ];
}
