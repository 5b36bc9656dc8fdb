using DQPipeline.Declarations;
using DQPipeline.Native;
using TorchSharp;

namespace DQPipeline.Tests.Native;

public class NativeBackendTests
{
    [Fact]
    public void Loading_twice_and_from_many_threads_is_harmless()
    {
        Parallel.For(0, 8, _ => NativeBackend.Load());
        using var sum = torch.ones(3) + torch.ones(3);
        Assert.Equal([2f, 2f, 2f], sum.data<float>().ToArray());
    }

    [Fact]
    public void The_versions_that_are_looked_for_are_those_that_TorchSharp_names()
    {
        Assert.StartsWith(NativeBackend.LibTorchVersion, torch.__version__, StringComparison.Ordinal);
        Assert.Equal(NativeBackend.TorchSharpVersion, typeof(torch).Assembly.GetName().Version!.ToString(3));
    }

    [Fact]
    public void The_probe_tells_where_the_backend_lies()
    {
        var report = NativeBackend.Probe();
        Assert.Null(report.Problem);
        Assert.True(File.Exists(report.LibTorchSharp) && Directory.Exists(report.LibTorchFolder));
        Assert.Equal(torch.cuda.is_available(), report.CudaAvailable);
    }

    [Fact]
    public void A_library_of_garbage_is_a_coded_error_that_names_it()
    {
        using var folder = new TemporaryFolder();
        var library = folder.File(BackendSearch.FileName(NativeLoader.Rid, "torch_cpu"), "no library");
        var failure = Assert.Throws<DqException>(() => NativeLoader.Load(new BackendLocation(folder.Path, "unused", HasCuda: false)));
        Assert.Equal(DiagnosticCodes.BackendBroken, failure.Diagnostics[0].Code);
        Assert.Contains(library, failure.Diagnostics[0].Message, StringComparison.Ordinal);
        Assert.Contains(BackendSearch.Variable, failure.Diagnostics[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu", DeviceType.CPU)]
    [InlineData("auto", null)]
    public void Devices_are_found_by_name(string name, DeviceType? type) =>
        Assert.Equal(type ?? (torch.cuda.is_available() ? DeviceType.CUDA : DeviceType.CPU), Devices.Resolve(name).type);

    [Fact]
    public void A_device_that_is_not_there_is_a_coded_error()
    {
        Assert.Equal(DiagnosticCodes.DeviceMissing, Assert.Throws<DqException>(() => Devices.Resolve("tpu")).Diagnostics[0].Code);
        Assert.SkipWhen(torch.cuda.is_available(), "this machine has CUDA");
        Assert.Equal(DiagnosticCodes.DeviceMissing, Assert.Throws<DqException>(() => Devices.Resolve("cuda")).Diagnostics[0].Code);
    }
}
