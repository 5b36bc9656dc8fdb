using System.Text;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Fuzz.Targets;

/// <summary>A pipeline with something of every kind, of which locks and samples are.</summary>
internal static class Pipelines
{
    public const string Small = """
        {
          "datasets": { "street": { "kind": "street-digits", "train": 200, "test": 100 } },
          "train": {
            "full": { "dataset": "street", "epochs": 1 },
            "dq": { "extends": "full", "activation": { "kind": "relu6", "bits": 4 }, "lipschitz": { "beta": 1e-3 } },
          },
          "quantize": { "dq-int8": { "model": "dq" } },
          "evaluate": { "e": { "models": ["full", "dq", "dq-int8"], "attacks": ["fgsm", { "kind": "pgd", "steps": 2 }], "epsilon": [2, 8], "samples": 100,
            "gates": [{ "model": "dq-int8", "attack": "pgd", "epsilon": 2, "atLeast": 0.5 }] } },
          "distance": { "d": { "models": ["full"], "attack": "fgsm", "epsilon": [8] } },
          "samples": { "s": { "models": ["full", "dq"], "attack": "fgsm", "epsilon": 8, "count": 2 } },
          "package": { "p": { "model": "dq-int8" } },
          "report": { "r": { "of": ["e"] } },
        }
        """;

    public static TargetGraph Graph() => TargetGraph.Create(PipelineFile.Read("dq.json", Encoding.UTF8.GetBytes(Small)));
}
