namespace DQPipeline.Declarations.Reading;

/// <summary>A path of keys to an option, separated by dots, as <c>--set</c> and the axes of a matrix have it.</summary>
internal static class OptionPath
{
    /// <summary>Keys of the longest path that is followed. Options are five deep at most; each key is a call within a call, and a stack that overflows ends the process.</summary>
    public const int Longest = 8;

    /// <summary>How many keys a path has.</summary>
    public static int Parts(string path) => path.AsSpan().Count('.') + 1;

    /// <summary>What is wrong with a path that is too long, without the path, which may fill pages.</summary>
    public static string TooLong(string path) => $"a path has {Longest} keys at most, and this one has {Parts(path)}";
}
