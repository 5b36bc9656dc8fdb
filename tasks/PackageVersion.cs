using System.Reflection;

namespace DQPipeline.MSBuild;

/// <summary>The version of this package.</summary>
internal static class PackageVersion
{
    /// <summary>Without the commit that follows a '+'.</summary>
    public static string Text { get; } =
        (typeof(PackageVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "").Split('+')[0];
}
