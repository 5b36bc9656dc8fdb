using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class SchemaCommand
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var format = new Option<string>("--format") { Description = "json, the schema; markdown, a page for people that has MSBuild's items too.", HelpName = "json|markdown", DefaultValueFactory = _ => "json" };
        format.AcceptOnlyFromAmong("json", "markdown");
        var command = new Command("schema", """
            Print the JSON schema of dq.json, for editors and other tools, or all of its keys as a page.

            Examples:
              dq schema > dq.schema.json   then put "$schema": "./dq.schema.json" into dq.json
              dq schema --format markdown
            """) { format };
        command.SetAction(parsed =>
        {
            Output.Data(parsed.GetValue(format) == "markdown" ? PipelineReference.ToMarkdown().TrimEnd() : Text());
            return DqCommand.Done;
        });
        return command;
    }

    /// <summary>The schema as it is printed.</summary>
    public static string Text() => PipelineSchema.Create().ToJsonString(Readable);
}
