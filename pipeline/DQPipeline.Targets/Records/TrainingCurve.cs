using System.Globalization;

namespace DQPipeline.Targets.Records;

/// <summary>What an epoch of a training came to.</summary>
/// <param name="Loss">Mean loss of its images.</param>
/// <param name="Accuracy">Share of its (augmented) training images that were right, 0 to 1.</param>
/// <param name="Penalty">The Lipschitz penalty at its last step; 0 without one.</param>
public sealed record TrainingEpoch(double Loss, double Accuracy, double Penalty);

/// <summary>The epochs of a training as one line of dq.lock: <c>2.1034 0.2214 0;1.5201 0.4410 0</c>. Six digits are more than a drawing shows.</summary>
internal static class TrainingCurve
{
    /// <summary>The text; null where there are no epochs.</summary>
    public static string? Encode(IReadOnlyList<TrainingEpoch> epochs) => epochs.Count == 0 ? null
        : string.Join(';', epochs.Select(epoch => string.Create(CultureInfo.InvariantCulture, $"{epoch.Loss:G6} {epoch.Accuracy:G6} {epoch.Penalty:G6}")));

    /// <summary>The epochs of a text; none where it says something else.</summary>
    public static IReadOnlyList<TrainingEpoch> Decode(string? text)
    {
        var epochs = new List<TrainingEpoch>();
        foreach (var one in text?.Split(';') ?? [])
        {
            var numbers = one.Split(' ');
            if (numbers.Length != 3 || !Read(numbers[0], out var loss) || !Read(numbers[1], out var accuracy) || !Read(numbers[2], out var penalty))
                return [];
            epochs.Add(new(loss, accuracy, penalty));
        }

        return epochs;

        static bool Read(string number, out double value) => double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }
}
