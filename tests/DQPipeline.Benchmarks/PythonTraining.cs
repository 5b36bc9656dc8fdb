using System.Globalization;

namespace DQPipeline.Benchmarks;

/// <summary>The same training in PyTorch: training.py beside this program, told over its standard input when to train.</summary>
internal sealed class PythonTraining : IContender
{
    private readonly Python python;

    private PythonTraining(Python python) => (this.python, Name) = (python, $"PyTorch {python.Version}, textbook");

    public string Name { get; }

    /// <summary>Starts the script; null where there is no python3 with torch.</summary>
    public static PythonTraining? TryStart(int bits, double beta, int threads)
    {
        var python = Python.TryStart("training.py", Text(bits), beta.ToString(CultureInfo.InvariantCulture), Text(threads), TrainingBenchmark.CountsProcessorTime ? "processor" : "wall");
        return python is null ? null : new PythonTraining(python);
    }

    public double Train(int steps) => double.Parse(python.Ask(Text(steps)), CultureInfo.InvariantCulture);

    public void Dispose() => python.Dispose();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
