using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Lipschitz;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Training;

/// <summary>
/// All that a training is at a step: weights, running statistics, velocities, vectors of power iterations, averages, totals, and how many steps are done. Order, augmentation and learning rate are functions
/// of the seed and the step, so that nothing else needs to be kept to go on with the very same numbers.
/// </summary>
internal sealed class TrainingState : IDisposable
{
    private const string Format = "dqpipeline-checkpoint";

    public TrainingState(NetworkDescription description, TrainDeclaration declaration, Device device, Action<Diagnostic>? warn = null)
    {
        Network = NetworkFactory.Create(description, declaration.Seed, device);
        InitialWeights.Fill(Network, declaration.Weights, warn);
        Network.MapType = declaration.Precision == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;
        Descent = new MomentumDescent(Network, declaration.Optimizer);
        Totals = new RunningTotals(device);
        Constraint = LipschitzConstraint.Of(Network, declaration.Lipschitz, declaration.Seed);
        Average = WeightAverage.Of(Network, declaration.Optimizer);
    }

    /// <summary>The network in training.</summary>
    public Classifier Network { get; }

    /// <summary>The optimizer.</summary>
    public MomentumDescent Descent { get; }

    /// <summary>The sums of the epoch in work.</summary>
    public RunningTotals Totals { get; }

    /// <summary>What brings the operators back within a limit after each step; null where none is declared.</summary>
    public LipschitzConstraint? Constraint { get; }

    /// <summary>The weights' moving average; null where none is declared.</summary>
    public WeightAverage? Average { get; }

    /// <summary>Steps done since the training began.</summary>
    public long Step { get; set; }

    /// <summary>What the epochs done so far came to.</summary>
    public List<(double Loss, double Accuracy, double Penalty)> Epochs { get; } = [];

    /// <summary>The state as a file.</summary>
    public SafetensorsFile ToFile(string key) => new(
        new Dictionary<string, string> { ["format"] = Format, ["version"] = "1", ["key"] = key, ["step"] = Step.ToString(CultureInfo.InvariantCulture), ["epochs"] = EpochsText() },
        [.. Tensors().Select(pair => TensorBytes.ToEntry(pair.Key, pair.Value))]);

    /// <summary>Takes over what a file holds; false where it belongs to another target.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint, or does not fit the network; the state is as it was.</exception>
    public bool TryRestore(SafetensorsFile file, string key)
    {
        if (file.Metadata.GetValueOrDefault("format") != Format || file.Metadata.GetValueOrDefault("version") != "1")
            throw new InvalidDataException("it is no checkpoint of this version");
        if (file.Metadata.GetValueOrDefault("key") != key)
            return false;
        if (!long.TryParse(file.Metadata.GetValueOrDefault("step"), NumberStyles.None, CultureInfo.InvariantCulture, out var step))
            throw new InvalidDataException("it does not say which step it holds");
        var epochs = ReadEpochs(file.Metadata.GetValueOrDefault("epochs") ?? "").ToList();
        TensorBytes.CopyAll(file.Entries, Tensors());
        Step = step;
        Epochs.Clear();
        Epochs.AddRange(epochs);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Network.Dispose();
        DisposeAllButNetwork();
    }

    /// <summary>Frees what only training needs.</summary>
    public void DisposeAllButNetwork()
    {
        Descent.Dispose();
        Totals.Dispose();
        Constraint?.Dispose();
        Average?.Dispose();
    }

    private string EpochsText() => string.Join(';', Epochs.Select(epoch => string.Create(CultureInfo.InvariantCulture, $"{epoch.Loss:R} {epoch.Accuracy:R} {epoch.Penalty:R}")));

    private static IEnumerable<(double Loss, double Accuracy, double Penalty)> ReadEpochs(string text)
    {
        foreach (var epoch in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var numbers = epoch.Split(' ');
            if (numbers.Length != 3 || !numbers.All(number => double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
                throw new InvalidDataException("what it says of its epochs cannot be read");
            yield return (Number(numbers[0]), Number(numbers[1]), Number(numbers[2]));
        }

        static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    private Dictionary<string, Tensor> Tensors()
    {
        var tensors = Network.state_dict().ToDictionary(pair => $"network.{pair.Key}", pair => pair.Value);
        foreach (var (name, velocity) in Descent.Velocities)
            tensors.Add($"velocity.{name}", velocity);
        foreach (var (name, vector) in Constraint?.Vectors ?? [])
            tensors.Add($"spectral.{name}", vector);
        foreach (var (name, mean) in Average?.Means ?? [])
            tensors.Add($"average.{name}", mean);
        tensors.Add("totals", Totals.Values);
        return tensors;
    }
}
