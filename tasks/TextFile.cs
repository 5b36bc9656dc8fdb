using System.Text;

namespace DQPipeline.MSBuild;

/// <summary>Small files beside the intermediate output.</summary>
internal static class TextFile
{
    private static readonly Encoding s_utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes a file beside its place and moves it there, but only where its content is another one: what has not changed keeps its time. True where it was written.</summary>
    public static bool WriteIfChanged(string path, string text)
    {
        if (File.Exists(path) && File.ReadAllText(path, s_utf8) == text)
            return false;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var beside = path + ".new";
        File.WriteAllText(beside, text, s_utf8);
        if (File.Exists(path))
            File.Replace(beside, path, null);
        else
            File.Move(beside, path);
        return true;
    }
}
