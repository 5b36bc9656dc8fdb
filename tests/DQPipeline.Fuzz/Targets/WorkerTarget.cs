using System.Text;
using System.Text.Json;
using DQPipeline.Declarations;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Fuzz.Targets;

/// <summary>The worker protocol, in both directions: lines that a front end gets from a worker, and the job that a worker gets.</summary>
internal sealed class WorkerTarget : Target, IWorkerEvents
{
    public override string Name => "worker";

    public override IEnumerable<byte[]> Seeds { get; } =
    [
        Encoding.UTF8.GetBytes(string.Join('\n', [
            .. new WorkerEvent[]
            {
                new ProgressEvent { Phase = "training", Step = 3, Steps = 9, Epoch = 1, Epochs = 2, Loss = 1.5, Accuracy = 0.5, ImagesPerSecond = 100, SecondsLeft = 9 },
                new MessageEvent("text"), new ResumedEvent(3), new CellEvent("pgd@8", 9, 2, "IgA=") { Health = new(0, 1, null), Detection = new(9, 1, 2, 1) },
                new DiagnosticEvent { Code = "DQ3004", Message = "m", File = "dq.json", Line = 1, Column = 2 },
                new DoneEvent { Outputs = ["model.safetensors"], Metrics = new Dictionary<string, double> { ["loss"] = 1 }, Epochs = [new(1, 0.5, 0)] },
            }.Select(WorkerJson.Write),
            "what a library printed",
        ])),
        Encoding.UTF8.GetBytes(WorkerJson.Write(new TrainJob { Name = "train/dq", Threads = 1, Device = "cpu", Dataset = "{}", OutputFolder = "out", Train = "{}", CheckpointFolder = "c", Key = "k" })),
    ];

    public override IReadOnlyList<byte[]> Words { get; } = Pieces(
        "\"event\":\"progress\"", "\"event\":\"done\"", "\"event\":\"cell\"", "\"event\":\"diagnostic\"", "\"kind\":\"train\"", "\"kind\":\"evaluate\"", "\"kind\":\"samples\"", "\"loss\":\"NaN\"", "\"Infinity\"", "1e999", "-1", "null", "[null]", "{\"a\":null}", "\"$type\":", "\\ud800", "\n", "{", "}", ",");

    private static readonly string[] s_names =
        ["event", "progress", "message", "resumed", "cell", "diagnostic", "done", "kind", "train", "evaluate", "transfer", "package", "step", "steps", "epochs", "loss", "phase", "text", "id", "samples", "correct", "standing", "IgA=", "health", "detection", "code", "severity", "warning", "file", "line", "column", "outputs", "metrics", "cells", "dataset", "outputFolder", "name"];

    public override byte[] Next(byte[] file, byte[] other, Random random)
    {
        var lines = Encoding.UTF8.GetString(file).Split('\n');
        var at = random.Next(lines.Length);
        if (random.Next(4) == 0 || JsonMutation.Of(Encoding.UTF8.GetBytes(lines[at]), random, s_names) is not { } line)
            return base.Next(file, other, random);
        lines[at] = Encoding.UTF8.GetString(line);
        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.Internal };

    public override bool Show(byte[] file, string path)
    {
        var text = Encoding.UTF8.GetString(file);
        using var log = new WorkerLog(Path.Combine(path, "no folder"));
        var conversation = new WorkerConversation(this, log);
        foreach (var line in text.Split('\n'))
            conversation.Take(line);
        conversation.Failure?.Throw();
        if (conversation.Done is { } done)
            Demand(done.Outputs.All(output => output is not null) && done.Epochs.All(epoch => epoch is not null), "a list of nothing");
        try
        {
            _ = WorkerJson.ReadJob(text);
            return true;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return conversation.Done is not null;
        }
    }

    public void Progress(ProgressEvent progress) => Demand(progress.Phase is not null, "progress of nothing");

    public void Message(string text) => Demand(text is not null, "a message of nothing");

    public void Resumed(long step)
    {
    }

    public void Cell(CellEvent cell) => _ = DQPipeline.Targets.Records.Standing.Decode(cell.Standing, cell.Samples, cell.Correct);

    public void Warning(Diagnostic warning) => _ = warning.ToString();
}
