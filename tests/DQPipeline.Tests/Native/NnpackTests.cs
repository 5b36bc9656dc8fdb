using System.Runtime.InteropServices;
using DQPipeline.Native;

namespace DQPipeline.Tests.Native;

public class NnpackTests
{
    /// <summary>at::globalContext().userEnabledNNPACK(), which libtorch asks before it asks NNPACK.</summary>
    [Fact]
    public void Libtorch_asks_it_but_where_it_cannot_start()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the names are those of compilers on Linux");
        var torch = NativeLibrary.Load(Path.Combine(NativeBackend.Probe().LibTorchFolder!, "libtorch_cpu.so"));
        var enabled = Marshal.GetDelegateForFunctionPointer<Flag>(NativeLibrary.GetExport(torch, "_ZNK2at7Context17userEnabledNNPACKEv"));
        var context = Marshal.GetDelegateForFunctionPointer<Context>(NativeLibrary.GetExport(torch, "_ZN2at13globalContextEv"))();
        Assert.Equal(!OneDnn.PadsWrongly, enabled(context));

        try
        {
            Assert.True(Nnpack.Disable(torch));
            Assert.False(enabled(context));
        }
        finally
        {
            Marshal.GetDelegateForFunctionPointer<SetFlag>(NativeLibrary.GetExport(torch, "_ZN2at7Context20setUserEnabledNNPACKEb"))(context, !OneDnn.PadsWrongly);
        }
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint Context();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    [return: MarshalAs(UnmanagedType.I1)]
    private delegate bool Flag(nint context);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void SetFlag(nint context, [MarshalAs(UnmanagedType.I1)] bool value);
}
