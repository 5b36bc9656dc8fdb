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
        var command = new Command("schema", """
            Print the JSON schema of dq.json, for editors and other tools.

            Example:
              dq schema > dq.schema.json   then put "$schema": "./dq.schema.json" into dq.json
            """);
        command.SetAction(_ =>
        {
            Output.Data(Text());
            return DqCommand.Done;
        });
        return command;
    }

    /// <summary>The schema as it is printed.</summary>
    public static string Text() => PipelineSchema.Create().ToJsonString(Readable);
}
