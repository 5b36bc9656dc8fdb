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
}
