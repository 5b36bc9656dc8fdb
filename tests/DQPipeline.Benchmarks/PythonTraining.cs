using System.Diagnostics;
using System.Globalization;

namespace DQPipeline.Benchmarks;

/// <summary>The same training in PyTorch: training.py beside this program, told over its standard input when to train.</summary>
internal sealed class PythonTraining : IContender
{
    private readonly Process process;

    private PythonTraining(Process process, string version) => (this.process, Name) = (process, $"PyTorch {version}, textbook");

    public string Name { get; }

    /// <summary>Starts the script; null where there is no python3 with torch.</summary>
    public static PythonTraining? TryStart(int bits, double beta, int threads)
    {
        var python = new[] { "/usr/bin/python3", "/usr/local/bin/python3" }.FirstOrDefault(File.Exists);
        if (python is null)
            return null;
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "training.py"), Text(bits), beta.ToString(CultureInfo.InvariantCulture), Text(threads), TrainingBenchmark.CountsProcessorTime ? "processor" : "wall"];
        var process = Process.Start(new ProcessStartInfo(python, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        if (process.StandardOutput.ReadLine() is { } version)
            return new PythonTraining(process, version);
        process.Dispose();
        return null;
    }

    public double Train(int steps)
    {
        process.StandardInput.WriteLine(Text(steps));
        return double.Parse(process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("training.py ended"), CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
