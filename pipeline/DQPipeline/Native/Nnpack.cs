using System.Runtime.InteropServices;

namespace DQPipeline.Native;

/// <summary>The library that libtorch asks whether it would do the convolutions of a single image.</summary>
internal static class Nnpack
{
    // torch.backends.nnpack.set_flags of PyTorch, which TorchSharp does not have: at::globalContext() and at::Context::setUserEnabledNNPACK, as compilers on Linux name them.
    private const string Context = "_ZN2at13globalContextEv";
    private const string Setter = "_ZN2at7Context20setUserEnabledNNPACKEb";

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint GlobalContext();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void SetFlag(nint context, [MarshalAs(UnmanagedType.I1)] bool value);

    /// <summary>
    /// Has libtorch never ask it. Where a processor's caches are hidden it cannot start, and libtorch says so on the standard error stream at each convolution of each image that comes alone:
    /// all that an application on such a machine would have to read.
    /// </summary>
    /// <param name="torch">The loaded libtorch_cpu.</param>
    /// <returns>Whether libtorch was told: false where it exports no such names.</returns>
    public static bool Disable(nint torch)
    {
        if (Function<GlobalContext>(torch, Context) is not { } context || Function<SetFlag>(torch, Setter) is not { } set)
            return false;
        set(context(), false);
        return true;
    }

    private static T? Function<T>(nint library, string name)
        where T : Delegate =>
        NativeLibrary.TryGetExport(library, name, out var address) ? Marshal.GetDelegateForFunctionPointer<T>(address) : null;
}
