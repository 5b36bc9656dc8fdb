using System.Text.Json.Nodes;

namespace DQPipeline.Journeys;

/// <summary>A model with every defence, and what its detector finds.</summary>
public class DefenseJourneys
{
    private const string Defended = """
        { "threads": 1,
          "datasets": { "street": { "kind": "street-digits", "train": 200, "test": 100 } },
          "train": {
            "full": { "dataset": "street", "epochs": 1 },
            "defended": { "extends": "full", "activation": { "bits": 4 }, "lipschitz": { "beta": 0.001 }, "squeeze": { "bits": 5, "median": 2 }, "adversarial": { "kind": "r+fgsm" } },
          },
          "evaluate": {
            "plain": { "models": ["full", "defended"], "attacks": ["fgsm"], "epsilon": [8], "samples": 60 },
            "guarded": { "models": ["full"], "attacks": ["fgsm"], "epsilon": [8], "samples": 60, "detector": { "bits": 5, "median": 2 } },
          },
        }
        """;

    [Fact]
    public async Task Defences_are_built_measured_and_shown()
    {
        using var folder = new Folder(Defended);
        var build = (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        Assert.Contains("false alarms", build.Error, StringComparison.Ordinal);
        var metrics = JsonNode.Parse((await DqTool.RunAsync(folder.Path, "metrics", "--json")).Expect(0).Output)!.AsArray();
        string[] contract = ["target", "model", "attack", "epsilon", "blackBox", "samples", "correct", "accuracy", "low", "high", "current"];
        Assert.All(metrics.Where(metric => (string?)metric!["target"] == "plain"), metric => Assert.Equal(contract, metric!.AsObject().Select(field => field.Key)));

        var (plain, guarded) = (Of("plain"), Of("guarded"));
        Assert.Equal(plain.Select(metric => (int)metric["correct"]!).Take(2), guarded.Select(metric => (int)metric["correct"]!));
        var (clean, attacked) = (guarded[0], guarded[1]);
        Assert.Equal((int)clean["detected"]! / 60.0, (double)clean["falseAlarmRate"]!, 12);
        Assert.InRange((double)clean["falseAlarmRate"]!, (double)clean["detectionLow"]!, (double)clean["detectionHigh"]!);
        Assert.Equal((int)clean["correct"]!, (int)attacked["attacked"]!);
        Assert.Equal((int)attacked["attacked"]! - (int)attacked["correct"]!, (int)attacked["successful"]!);
        Assert.InRange((int)attacked["detected"]!, 0, (int)attacked["attackedDetected"]!);

        List<JsonNode> Of(string target) => [.. metrics.Where(metric => (string?)metric!["target"] == target).Select(metric => metric!)];
    }
}
