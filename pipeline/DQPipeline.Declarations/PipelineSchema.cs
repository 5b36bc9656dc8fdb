using System.Text.Json.Nodes;
using System.Xml.Linq;
using DQPipeline.Declarations.Shapes;

namespace DQPipeline.Declarations;

/// <summary>The JSON schema of dq.json, made from the same shapes that read it; descriptions are the records' own documentation.</summary>
public static class PipelineSchema
{
    /// <summary>The schema (draft 2020-12). Without the documentation file beside the assembly it has no descriptions.</summary>
    public static JsonObject Create()
    {
        var documentation = ReadDocumentation();
        var writer = new SchemaWriter((type, field) => Describe(documentation, type, field));
        var names = new JsonObject { ["pattern"] = Names.Pattern };

        JsonObject Section(Func<JsonObject> entry, string description) => new()
        {
            ["description"] = description,
            ["type"] = "object",
            ["propertyNames"] = names.DeepClone(),
            ["additionalProperties"] = entry(),
        };

        JsonObject Extendable(Shape shape, bool matrix) => writer.Build(() => writer.Object(shape, partial: true, properties =>
        {
            properties["extends"] = new JsonObject { ["type"] = "string", ["description"] = "Another entry of this section whose options are taken where this one has none." };
            if (matrix)
            {
                properties["matrix"] = new JsonObject
                {
                    ["description"] = "Option paths, each with a list of values: one target for every combination.",
                    ["type"] = "object",
                    ["additionalProperties"] = new JsonObject { ["type"] = "array", ["minItems"] = 1 },
                };
            }
        }));

        JsonObject Dataset()
        {
            return new JsonObject { ["oneOf"] = new JsonArray([.. Declared.Datasets.Select(shape => (JsonNode)writer.Build(() => writer.Object(shape)))]) };
        }

        var schema = writer.Build(() => writer.Object(Declared.Root, partial: true, properties =>
        {
            properties["$schema"] = new JsonObject { ["type"] = "string", ["description"] = "Where editors find this schema." };
            properties["datasets"] = Section(Dataset, "Data sets by name.");
            properties["train"] = Section(() => Extendable(Declared.Train, matrix: true), "Models to train, by name.");
            properties["quantize"] = Section(() => Extendable(Declared.Quantize, matrix: false), "Integer models to make of trained ones, by name.");
            properties["evaluate"] = Section(() => Extendable(Declared.Evaluate, matrix: false), "Evaluations and their gates, by name.");
            properties["distance"] = Section(() => Extendable(Declared.Distance, matrix: false), "Distances between clean and adversarial activations, by name.");
            properties["certify"] = Section(() => Extendable(Declared.Certify, matrix: false), "What layers can make of a change to an image, and the radius within which no change takes an image's label, by name.");
            properties["samples"] = Section(() => Extendable(Declared.Samples, matrix: false), "Sample images, clean and adversarial, with what the models say to them, by name.");
            properties["package"] = Section(() => Extendable(Declared.Package, matrix: false), "Models in the forms in which apps take them, by name.");
            properties["report"] = Section(() => Extendable(Declared.Report, matrix: false), "Pages of what was found, by name.");
        }));
        return new JsonObject([new("$schema", "https://json-schema.org/draft/2020-12/schema"), new("title", "dq.json"), .. schema.ToList().Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))]);
    }

    /// <summary>What is inherited is documented where it is declared.</summary>
    private static string? Describe(Dictionary<string, string> documentation, Type type, string field)
    {
        for (var owner = type; owner is not null; owner = owner.BaseType)
        {
            if (documentation.GetValueOrDefault($"P:{owner.FullName}.{char.ToUpperInvariant(field[0])}{field[1..]}") is { } text)
                return text;
        }

        return null;
    }

    private static Dictionary<string, string> ReadDocumentation()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "DQPipeline.Declarations.xml");
        if (!File.Exists(path))
            return [];
        return XDocument.Load(path).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Plain(member.Element("summary")!));
    }

    /// <summary>A summary's text: references become the last part of their name, white space becomes single spaces.</summary>
    private static string Plain(XElement summary)
    {
        var text = string.Concat(summary.DescendantNodes().Select(node => node switch
        {
            XText plain => plain.Value,
            XElement { Name.LocalName: "see" } see => Key((see.Attribute("cref")?.Value ?? "").Split('.')[^1]),
            _ => "",
        }));
        return string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    private static string Key(string property) => property.Length == 0 ? "" : char.ToLowerInvariant(property[0]) + property[1..];
}
