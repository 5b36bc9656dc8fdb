namespace DQPipeline.Journeys;

/// <summary>A fresh folder with a dq.json, gone when the test ends.</summary>
internal sealed class Folder : IDisposable
{
    /// <summary>Three small models, measured in a few seconds each.</summary>
    public const string Small = """
        { "threads": 1,
          "datasets": { "street": { "kind": "street-digits", "train": 200, "test": 100 } },
          "train": {
            "full": { "dataset": "street", "epochs": 1 },
            "dq": { "extends": "full", "activation": { "bits": 4 }, "lipschitz": { "beta": 0.001 } },
          },
          "evaluate": {
            "robustness": {
              "models": ["full", "dq"], "attacks": ["fgsm"], "epsilon": [2], "samples": 100,
              "gates": [
                { "model": "dq", "attack": "fgsm", "epsilon": 2, "atLeast": 0.0 }
              ],
            },
          },
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dq-journey-");

    public Folder(string? declaration = Small)
    {
        if (declaration is not null)
            Declare(declaration);
    }

    public string Path => _folder.FullName;

    public void Declare(string declaration) => File.WriteAllText(At("dq.json"), declaration);

    public void Edit(string old, string replacement)
    {
        var text = File.ReadAllText(At("dq.json"));
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(At("dq.json"), text.Replace(old, replacement, StringComparison.Ordinal));
    }

    public string At(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>How often a worker was started so far, by the logs' headers (==== and the time).</summary>
    public int Workers() => Directory.Exists(At(".dq", "logs"))
        ? Directory.EnumerateFiles(At(".dq", "logs"), "*.log", SearchOption.AllDirectories).Sum(log => File.ReadAllLines(log).Count(line => line.StartsWith("==== 2", StringComparison.Ordinal)))
        : 0;

    public void Dispose() => _folder.Delete(recursive: true);
}
