using System.CommandLine;
using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Tool.Commands;

internal static class GraphCommand
{
    public static Command Create()
    {
        var folder = CommonOptions.Folder();
        var set = CommonOptions.Set();
        var command = new Command("graph", """
            Print the graph of data sets, models and what is measured on them as a Mermaid flowchart.

            Example:
              dq graph > graph.mmd
            """) { folder, set };
        command.SetAction(parsed =>
        {
            Output.Data(Mermaid(Opened.At(parsed.GetValue(folder)!, parsed.GetValue(set)!).Graph));
            return DqCommand.Done;
        });
        return command;
    }

    internal static string Mermaid(TargetGraph graph)
    {
        var text = new StringBuilder("flowchart LR\n");
        var ids = new Dictionary<string, string>();

        string Node(string key, string label, string open, string close)
        {
            if (ids.TryGetValue(key, out var id))
                return id;
            ids[key] = id = $"n{ids.Count}";
            text.Append($"  {id}{open}\"{label}\"{close}\n");
            return id;
        }

        foreach (var model in graph.Targets.OfType<TrainTarget>())
        {
            var data = Node($"data {model.Dataset.Name}", $"{model.Dataset.Name}<br/>{model.Dataset.Kind}", "[(", ")]");
            var declaration = model.Declaration;
            var bits = declaration.Activation.IsQuantized ? $"{declaration.Activation.Bits}-bit" : "full precision";
            var node = Node(model.Id, $"{model.Name}<br/>{NetworkNames.Short(declaration.Network)}, {bits}", "[", "]");
            text.Append($"  {data} --> {node}\n");
            if (model.Start is { } start)
                text.Append($"  {ids[start.Id]} -->|weights| {node}\n");
        }

        foreach (var model in graph.Targets.OfType<QuantizeTarget>())
        {
            var node = Node(model.Id, $"{model.Name}<br/>integers", "[", "]");
            text.Append($"  {ids[model.Trained.Id]} --> {node}\n");
        }

        foreach (var cells in graph.Targets.OfType<EvaluationCell>().GroupBy(cell => (cell.Name, Model: cell.Model)))
        {
            var evaluation = cells.First().Evaluation;
            var node = Node($"evaluate {evaluation.Name}", $"{evaluation.Name}{(evaluation.Gates.Count > 0 ? $"<br/>{evaluation.Gates.Count} gate{(evaluation.Gates.Count == 1 ? "" : "s")}" : "")}", "{{", "}}");
            text.Append($"  {ids[cells.Key.Model.Id]} -->|{cells.Count()} cells| {node}\n");
        }

        foreach (var (evaluation, substitute) in graph.Targets.OfType<EvaluationCell>().Where(cell => cell.Substitute is not null).Select(cell => (cell.Name, cell.Substitute!)).Distinct())
            text.Append($"  {ids[substitute.Id]} -.->|substitute| {ids[$"evaluate {evaluation}"]}\n");
        foreach (var target in graph.Targets.OfType<ModelsTarget>())
        {
            var node = Node(target.Id, $"{target.Name}<br/>{target.Kind}", "{{", "}}");
            foreach (var model in target.Models)
                text.Append($"  {ids[model.Id]} --> {node}\n");
        }

        foreach (var package in graph.Targets.OfType<PackageTarget>())
        {
            var node = Node(package.Id, $"{package.Name}<br/>{string.Join(", ", package.Declaration.Formats)}", "([", "])");
            text.Append($"  {ids[package.Model.Id]} --> {node}\n");
        }

        return text.ToString().TrimEnd();
    }
}
