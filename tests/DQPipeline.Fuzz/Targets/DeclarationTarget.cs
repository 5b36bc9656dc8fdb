using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Fuzz.Targets;

/// <summary>dq.json: whatever stands in it is a graph of targets, or errors of the declarations, each with a place that the file has.</summary>
internal sealed class DeclarationTarget : Target
{
    private byte[] _file = [];

    public override string Name => "dq.json";

    public override IEnumerable<byte[]> Seeds { get; } =
    [
        Encoding.UTF8.GetBytes(Pipelines.Small),
        Encoding.UTF8.GetBytes("""
            { "$schema": "x", // notes
              "seed": 1, "threads": 2, "cache": { "remote": "cache", "trust": "any" }, "executors": { "slurm": { "partition": "p", "time": "1:00:00", "memory": "2G", "gpus": 1 } },
              "datasets": { "a": { "kind": "image-folder", "path": "${NOWHERE:-images}", "size": 16, "testShare": 0.2, "optional": true }, "b": { "kind": "svhn", "path": "x", "extra": true } },
              "train": { "own": { "dataset": "a", "network": { "layers": ["conv 32", "block 32 /2", "maxpool", "linear"] }, "weights": { "path": "w.safetensors", "names": { "conv1": "f.0" } } } },
            }
            """),
        Encoding.UTF8.GetBytes("""
            { "datasets": { "s": { "kind": "street-digits", "train": 20, "test": 10 } }, "train": { "m": { "dataset": "s", "matrix": { "activation.bits": [1, 2], "lipschitz.beta": [0, 1e-3] }, "defense": "dq+" } },
              "quantize": { "q": { "model": "m" } }, "evaluate": { "e": { "models": ["m", "q"], "attacks": ["fgsm", { "kind": "apgd-ce", "norm": "l2", "from": "m@bits=1,beta=0" }], "epsilon": [1, 2.5],
              "gates": [{ "model": "q", "attack": "worst", "epsilon": 1, "notWorseThan": "m", "trusted": true }] } }, "certify": { "c": { "models": ["m"] } }, "report": { "r": { "of": ["e"] } } }
            """),
    ];

    public override IReadOnlyList<byte[]> Words { get; } = Pieces(
        "\"extends\": ", "\"matrix\": {", "\"kind\": ", "\"models\": [", "\"attacks\": [", "\"epsilon\": [", "\"gates\": [", "null", "true", "1e309", "-1", "1e-320", "99999999999999999999", "\"\"", "\"dq\"", "\"full\"", "${", ":-", "}", "{", "[", "]", ",",
        "//", "/*", "*/", "\\u0000", "\\ud800", "\"@\"", "\"a/b\"", "\"..\"", "\u2028", "\"relu6\"", "\"relu1.5\"", "\"wrn-16-4\"", "\"wrn-999999999-1\"", "conv 99999999 9x9 /9", "block 1", "\"train\": {", "\"evaluate\": {", "@bits=2", "\"distance\": {", "\"samples\": {", "\"package\": {");

    private static readonly string[] s_names =
    [
        "extends", "matrix", "kind", "models", "model", "attacks", "epsilon", "gates", "atLeast", "notWorseThan", "trusted", "from", "blackBoxFrom", "norm", "l2", "steps", "alpha", "restarts", "start", "samples", "detector", "activation", "bits", "activation.bits",
        "activation.kind", "lipschitz", "beta", "lipschitz.beta", "lipschitz.constraint", "spectral", "adversarial", "adversarial.epsilon", "r+fgsm", "pgd", "apgd-dlr", "autoattack", "square", "fab-t", "worst", "clean", "network", "layers", "conv 32", "block 32 /2",
        "maxpool", "linear", "vgg-s", "vgg-16", "resnet-18", "wrn-16-4", "wrn-10-1", "optimizer", "schedule", "cosine", "weights", "names", "path", "dataset", "datasets", "street-digits", "image-folder", "cifar-10", "cifar-100", "svhn", "idx", "train", "test", "testShare",
        "validation", "size", "seed", "threads", "quantize", "evaluate", "distance", "certify", "package", "report", "of", "at", "first-block", "convolutions", "formats", "mlnet", "onnx", "input", "uint8", "maxLoss", "method", "defense", "dq", "dq+", "full", "dq-int8",
        "m@bits=1,beta=0", "m@*", "relu6", "relu1.5", "relu1e300", "tanh", "precision", "bfloat16", "weightBits", "squeeze", "median", "cache", "remote", "trust", "signed", "keys", "executors", "slurm", "time", "1:00:00", "memory", "16G", "gpus", "${X:-", "a/b", "\n", "\u001b[31m",
    ];

    public override byte[] Next(byte[] file, byte[] other, Random random) => (random.Next(4) > 0 ? JsonMutation.Of(file, random, s_names) : null) ?? base.Next(file, other, random);

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string>();

    public override bool Refuses(DqException e) => e.Diagnostics.Count > 0 && e.Diagnostics.All(diagnostic => diagnostic.Code.StartsWith("DQ1", StringComparison.Ordinal) && HasPlace(diagnostic));

    public override bool Show(byte[] file, string path)
    {
        _file = file;
        var pipeline = PipelineFile.Read("dq.json", file);
        _ = TargetGraph.Create(pipeline);
        return true;
    }

    private bool HasPlace(Diagnostic diagnostic)
    {
        if (diagnostic.Place is not { File: "dq.json", Line: > 0, Column: > 0 } place)
            return false;
        // A place behind the last line's end is where something lacks.
        return place.Line <= 1 + _file.Count(one => one is (byte)'\n' or (byte)'\r');
    }
}
