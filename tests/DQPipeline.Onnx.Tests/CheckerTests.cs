using System.Diagnostics;
using DQPipeline.Testing;

namespace DQPipeline.Onnx.Tests;

/// <summary>Our files in the hands of onnx's own checker.</summary>
public class CheckerTests
{
    private const string Python = "/usr/bin/python3";

    [Theory]
    [InlineData("float")]
    [InlineData("integer")]
    [InlineData("bytes")]
    [InlineData("median")]
    public void Onnx_accepts_the_file_and_infers_its_shapes(string kind)
    {
        _ = RealData.Require(File.Exists(Python) && Run("-c", "import onnx").Code == 0 ? Python : null, "Debian's python3-onnx");
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, kind switch
            {
                "float" => Small.FloatFile(),
                "median" => OnnxExport.Float(Small.Graph(colourBits: 5, median: 3), Small.Words),
                _ => Small.IntegerFile(kind == "bytes"),
            });
            const string script = """
                import sys, onnx
                model = onnx.load(sys.argv[1])
                onnx.checker.check_model(model, full_check=True)
                inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
                dims = [d.dim_value or d.dim_param for d in inferred.graph.output[0].type.tensor_type.shape.dim]
                words = {p.key: p.value for p in model.metadata_props}
                print(dims, words["labels"], words["network"])
                """;
            var (code, output) = Run("-c", script, path);
            Assert.True(code == 0, output);
            Assert.Equal("""['N', 3] ["a","b","c"] small""", output.Trim());
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static (int Code, string Output) Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
