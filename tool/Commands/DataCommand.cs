using System.CommandLine;
using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Tool.Terminal;
using DQPipeline.Tool.Working;

namespace DQPipeline.Tool.Commands;

internal static class DataCommand
{
    public static Command Create() => new("data", "Fetch published data sets, and look at the ones that dq.json declares.") { Fetch(), Show() };

    private static Command Fetch()
    {
        var name = new Argument<string>("NAME") { Description = string.Join(", ", PublishedDataset.All.Select(dataset => dataset.Name)) };
        name.AcceptOnlyFromAmong([.. PublishedDataset.All.Select(dataset => dataset.Name)]);
        var to = new Option<string>("--to") { Description = "The folder to download into.", HelpName = "DIR", DefaultValueFactory = _ => "data" };
        var quiet = CommonOptions.Quiet();
        var command = new Command("fetch", """
            Download a published data set, resuming what was begun and checking its checksum.

            Example:
              dq data fetch cifar-10 --to data
            """) { name, to, quiet };
        command.SetAction(async (parsed, cancellation) =>
        {
            var view = new DownloadView(parsed.GetValue(quiet));
            using var client = new HttpClient();
            var dataset = PublishedDataset.All.First(published => published.Name == parsed.GetValue(name));
            var path = "";
            try
            {
                path = await new DatasetDownload(client).FetchAsync(dataset, parsed.GetValue(to)!, view, cancellation);
            }
            finally
            {
                view.End();
            }

            Output.Data(path);
            var options = dataset.Options.Length > 0 ? ", " + dataset.Options : "";
            if (!parsed.GetValue(quiet))
                Output.Line($"dq: declare it as {{ \"kind\": \"{dataset.Kind}\", \"path\": \"{path.Replace('\\', '/')}\"{options} }}");
            return DqCommand.Done;
        });
        return command;
    }

    private static Command Show()
    {
        var name = new Argument<string>("NAME") { Description = "A data set of this folder's dq.json." }.NoOption();
        var image = new Option<string?>("--out") { Description = "Write a contact sheet of the first images of each class.", HelpName = "FILE.png" };
        var set = CommonOptions.Set();
        var command = new Command("show", """
            Load a data set and tell its size, classes and counts; with --out, draw a contact sheet.

            Example:
              dq data show street --out street.png
            """) { name, image, set };
        command.SetAction((parsed, cancellation) =>
        {
            var opened = Opened.At(".", parsed.GetValue(set)!);
            var wanted = parsed.GetValue(name)!;
            if (!opened.Pipeline.Datasets.TryGetValue(wanted, out var declaration))
                throw new DqException(DiagnosticCodes.UnknownName, $"dq.json declares no data set \"{wanted}\"{Spelling.DidYouMean(wanted, opened.Pipeline.Datasets.Keys)}");
            if (parsed.GetValue(image) is { } file)
                OutFile.Prepare(file);
            var data = ModelInput.Data(declaration, opened.Workspace, cancellation);
            Output.Data($"{wanted}: {declaration.Kind}, {data.Channels}×{data.Height}×{data.Width}, {Words.Count(data.Train.Count, "training image")}, {Words.Count(data.Test.Count, "test image")}");
            for (var label = 0; label < data.Labels.Count; label++)
                Output.Data($"  {PlainText.Of(data.Labels[label]),-16} {data.Train.Classes.Count(c => c == label),8:#,0} {data.Test.Classes.Count(c => c == label),8:#,0}");
            if (parsed.GetValue(image) is { } path)
            {
                ContactSheet.Write(path, data, data.Train, perClass: 12);
                Output.Line($"dq: wrote {path}");
            }

            return Task.FromResult(DqCommand.Done);
        });
        return command;
    }
}
