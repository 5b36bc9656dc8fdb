using System.Runtime.CompilerServices;
using DQPipeline.Native;

namespace DQPipeline.Tests.Native;

/// <summary>Loads libtorch before any test touches a tensor, whichever runs first.</summary>
internal static class BackendForTests
{
    [ModuleInitializer]
    internal static void Load()
    {
        // As workers have it.
        _ = NativeHeap.KeepFreed();
        NativeBackend.Load();
    }
}
