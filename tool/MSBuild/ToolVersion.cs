using System.Reflection;

namespace DQPipeline.Tool.MSBuild;

/// <summary>The version of this program, as its package has it.</summary>
internal static class ToolVersion
{
    /// <summary>Without the commit that follows a '+'.</summary>
    public static string Text { get; } = (typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "").Split('+')[0];
}
