namespace System.Runtime.CompilerServices;

/// <summary>The runtime knows this attribute by its name: the assembly that carries it may use the internals of the named one. The class library does not declare it.</summary>
/// <param name="assemblyName">Simple name of the assembly whose internals are used.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    /// <summary>Simple name of the assembly whose internals are used.</summary>
    public string AssemblyName { get; } = assemblyName;
}
