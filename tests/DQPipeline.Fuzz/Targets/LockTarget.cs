using System.Text;
using System.Text.RegularExpressions;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Reports;

namespace DQPipeline.Fuzz.Targets;

/// <summary>
/// dq.lock: refused with its line, or understood, reported and written so that it is read the same again. Its checks keep nearly every change away from what is behind them; version 1, which had none and is
/// read too, leads there.
/// </summary>
internal sealed class LockTarget : Target
{
    private static readonly string s_hash = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));

    private readonly TargetGraph _graph = Pipelines.Graph();

    public override string Name => "dq.lock";

    public override IEnumerable<byte[]> Seeds => [Unchecked(), Checked()];

    public override IReadOnlyList<byte[]> Words { get; } = Pieces(
        "\"key\": ", "\"parts\": {", "\"outputs\": {", "\"metrics\": {", "\"samples\": ", "\"correct\": ", "\"standing\": ", "\"curve\": ", "\"check\": ", "2147483647", "-2147483648", "9223372036854775808", "1e308", "1e999", "-0.5", "null", "\"\"", "\\ud800",
        "\"version\": 1", "\"version\": 3", "\"targets\": {", $"\"{s_hash}\"", "<<<<<<< ours\n", "=======\n", "1 2 3;4 5 6", "1e999 2 3", "AAAA", "evaluate/e/full/clean", "evaluate/e/dq/pgd@2", "train/dq", "{", "}", ",", ":");

    private static readonly string[] s_names =
        ["key", "parts", "outputs", "metrics", "samples", "correct", "standing", "curve", "check", "sha256", "size", "model.safetensors", "version", "targets", "evaluate/e/dq/clean", "evaluate/e/full/fgsm@2", "train/full", "AAAA", "IgA=", "1 0.5 0", "1e999 1 1", "zeroGradient", "flagged", "images", "..", "a/b", s_hash];

    public override byte[] Next(byte[] file, byte[] other, Random random) => (random.Next(3) > 0 ? JsonMutation.Of(file, random, s_names) : null) ?? base.Next(file, other, random);

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.LockUnreadable };

    public override bool Refuses(DqException e) => base.Refuses(e) && e.Diagnostics.All(diagnostic => diagnostic.Place is { Line: > 0 });

    public override bool Show(byte[] file, string path)
    {
        // Beside the file, which is to stay as it is where this fails.
        var written = path + ".written";
        var read = LockFile.Parse(written, file);
        _ = MetricsReport.Recorded(_graph, read);
        foreach (var entry in read.Entries.Values)
            _ = TrainingCurve.Decode(entry.Record.Curve);
        read.Write(_ => true);
        var again = LockFile.Read(written);
        File.Delete(written);
        Demand(again.Entries.Count == read.Entries.Count && again.Entries.All(entry => read.Find(entry.Key) is { } other && entry.Value.Record.Same(other.Record)), "what was written is not what was read");
        return true;
    }

    private static byte[] Unchecked() => Encoding.UTF8.GetBytes($$"""
        {
          "version": 1,
          "targets": {
            "evaluate/e/dq/pgd@2": { "key": "{{s_hash}}", "parts": { "model": "{{s_hash}}", "attack.alpha": 0.5, "list": [1, "a"] }, "metrics": { "correct": 2, "samples": 9, "zeroGradient": 0 }, "standing": "IgA=" },
            "evaluate/e/full/clean": { "key": "{{s_hash}}", "parts": {}, "metrics": { "correct": 0, "samples": 8 }, "standing": "AA==" },
            "train/dq": { "key": "{{s_hash}}", "parts": { "bits": 4 }, "outputs": { "model.safetensors": { "sha256": "{{s_hash}}", "size": 12 } }, "metrics": { "loss": 1.5 }, "curve": "1.5 0.25 0;1 0.5 0" }
          }
        }
        """);

    /// <summary>The same as this version writes it.</summary>
    private static byte[] Checked()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        LockFile.Parse(path, Unchecked()).Write(_ => true);
        var file = File.ReadAllBytes(path);
        File.Delete(path);
        Demand(Regex.Count(Encoding.UTF8.GetString(file), "\"check\"") == 3, "entries have checks");
        return file;
    }
}
