using System.Runtime.CompilerServices;
using DQPipeline.Native;

namespace DQPipeline.Tests.Native;

/// <summary>Loads libtorch before any test touches a tensor, whichever runs first.</summary>
internal static class BackendForTests
{
    [ModuleInitializer]
    internal static void Load() => NativeBackend.Load();
}
