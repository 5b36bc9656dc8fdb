using DQPipeline.Declarations;
using DQPipeline.Onnx.Inference;
using DQPipeline.Onnx.Tests;

namespace DQPipeline.Fuzz.Targets;

/// <summary>ONNX files of others, which ONNX Runtime's own reader opens: nothing but that and the shapes of input and output stands between their bytes and a kernel.</summary>
internal sealed class ForeignTarget : Target
{
    public override IEnumerable<byte[]> Seeds { get; } =
        [Foreign.File([0, 3, 4, 5]), Foreign.File([2, 4, 5, 3], Foreign.Bytes), Foreign.File([0, 3, 4, 5], tail: writer => writer.Node("softmax", "Softmax", ["logits"]))];

    public override string Name => "foreign";

    public override IReadOnlySet<string> Codes { get; } = new HashSet<string> { DiagnosticCodes.DeployedModelCorrupt, DiagnosticCodes.DataUnfit, DiagnosticCodes.OutOfRange, DiagnosticCodes.Diverged };

    public override bool Show(byte[] file, string path)
    {
        using var model = ForeignModel.Load(path, Foreign.Shape, Foreign.Images, new() { Threads = 1, BatchSize = 4 });
        model.Run(new float[5 * Foreign.Size], new float[5 * model.Classes]);
        return true;
    }
}
