using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace DQPipeline.Faults;

/// <summary>A folder with a small pipeline, gone at the end.</summary>
internal sealed class Scene : IDisposable
{
    /// <summary>
    /// A training with checkpoints, one that takes less time, an integer model and measurements: a worker of each kind, two of them at the same time, in some seconds.
    /// </summary>
    private const string Declaration = """
        {
          "threads": 1,
          "datasets": { "street": { "kind": "street-digits", "train": 300, "test": 60 } },
          "train": {
            "full": { "dataset": "street", "epochs": 6 },
            "dq": { "extends": "full", "epochs": 2, "activation": { "bits": 4 }, "lipschitz": { "beta": 0.001 } }
          },
          "quantize": { "small": { "model": "full", "calibration": { "samples": 50 } } },
          "evaluate": {
            "robustness": {
              "models": ["full", "dq"], "attacks": ["fgsm"], "epsilon": [2], "samples": 60,
              "gates": [{ "model": "dq", "attack": "fgsm", "epsilon": 2, "atLeast": 0.0 }]
            }
          }
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dq-fault-");

    private bool _mounted;

    /// <param name="whole">How long an undisturbed build takes here.</param>
    public Scene(TimeSpan whole)
    {
        Whole = whole;
        Declare(At());
    }

    public TimeSpan Whole { get; }

    /// <summary>A moment of the build: within it more often than not.</summary>
    public TimeSpan Moment(Random random) => Whole * (0.02 + (0.96 * random.NextDouble()));

    public string At(params string[] parts) => Path.Combine([_folder.FullName, "project", .. parts]);

    /// <summary>A path beside the pipeline's folder.</summary>
    public string Beside(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Another machine's checkout of the same pipeline.</summary>
    public string Other()
    {
        Declare(Beside("other"));
        return Beside("other");
    }

    /// <summary>Every placed file by what it holds, and dq.lock.</summary>
    public IReadOnlyList<string> Outcome() => Outcome(At());

    public static IReadOnlyList<string> Outcome(string folder) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(folder, ".dq", "out"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => $"{Path.GetRelativePath(folder, file)} {Hash(File.ReadAllBytes(file))}"),
        // As JSON: a blank that became another is no other result.
        $"dq.lock {Hash(Encoding.UTF8.GetBytes(JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "dq.lock")))!.ToJsonString()))}",
    ];

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Puts the folder on a disk of its own with so much room, until the scene ends.</summary>
    public void OnDisk(int kibibytes)
    {
        Shell.Run("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k", "none", At());
        _mounted = true;
        Declare(At());
    }

    /// <summary>Gives the disk of <see cref="OnDisk"/> more room.</summary>
    public void Grow() => Shell.Run("mount", "-o", "remount,size=256m", At());

    public void Dispose()
    {
        if (_mounted)
            Shell.Run("umount", At());
        _folder.Delete(recursive: true);
    }

    private static void Declare(string folder)
    {
        _ = Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "dq.json"), Declaration);
    }
}
