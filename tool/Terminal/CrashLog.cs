namespace DQPipeline.Tool.Terminal;

/// <summary>Keeps the details of an unforeseen failure out of the terminal and in a file.</summary>
internal static class CrashLog
{
    public static string Write(Exception failure)
    {
        try
        {
            var path = Path.Combine(Path.GetTempPath(), $"dq-failure-{Environment.ProcessId}.log");
            File.WriteAllText(path, failure.ToString());
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "(no file could be written)";
        }
    }
}
