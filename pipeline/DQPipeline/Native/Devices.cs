using DQPipeline.Declarations;
using TorchSharp;

namespace DQPipeline.Native;

/// <summary>Where tensors live and are computed with.</summary>
public static class Devices
{
    /// <summary>The device that <c>--device</c> names: <c>auto</c> is CUDA where it can be used, else the processor.</summary>
    /// <param name="name"><c>auto</c>, <c>cpu</c> or <c>cuda</c>.</param>
    /// <exception cref="DqException">DQ3003: CUDA was asked for and cannot be used, or the word is unknown. DQ3001, DQ3002: no backend.</exception>
    public static torch.Device Resolve(string name)
    {
        NativeBackend.Load();
        return name switch
        {
            "cpu" => new torch.Device(DeviceType.CPU),
            "auto" => new torch.Device(IsCudaAvailable() ? DeviceType.CUDA : DeviceType.CPU),
            "cuda" when IsCudaAvailable() => new torch.Device(DeviceType.CUDA),
            "cuda" => throw new DqException(
                DiagnosticCodes.DeviceMissing,
                $"No CUDA device can be used: there is none, its driver does not work, or libtorch is not a CUDA build. Set {BackendSearch.Variable} to the folder of a CUDA libtorch, or use --device cpu."),
            _ => throw new DqException(DiagnosticCodes.DeviceMissing, $"'{name}' is no device. Use auto, cpu or cuda."),
        };
    }

    /// <summary>
    /// The same for a process that attacks, measures or certifies: on CUDA it computes in float32 from then on. libtorch lets convolutions take TF32 without being asked, whose 11 binary digits are enough to train
    /// with, but fewer than accuracies, distances and certificates are given for.
    /// </summary>
    /// <inheritdoc cref="Resolve"/>
    public static torch.Device ResolveExact(string name)
    {
        var device = Resolve(name);
        if (device.type == DeviceType.CUDA)
            torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = false;
        return device;
    }

    /// <summary>Whether a CUDA device can be used.</summary>
    internal static bool IsCudaAvailable() => torch.cuda.is_available();
}
