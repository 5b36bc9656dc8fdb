using DQPipeline.Declarations;
using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Inference;
using Google.Protobuf;

namespace DQPipeline.Onnx.Tests;

/// <summary>Files that are cut short, changed, foreign or hostile: each is a coded error before any runtime sees it.</summary>
public class DamageTests
{
    private static readonly byte[] Good = Small.IntegerFile();

    private static string Refused(byte[] file) => Assert.Throws<DqException>(() => DeployedModel.Load(file, "m").Dispose()).Diagnostics[0].ToString();

    [Fact]
    public void Cut_short_anywhere()
    {
        for (var length = 0; length < Good.Length; length++)
            Assert.StartsWith("dq: error DQ5001: 'm' cannot be used", Refused(Good[..length]), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bit_changed()
    {
        var random = new Random(8);
        for (var i = 0; i < Good.Length; i++)
        {
            var file = (byte[])Good.Clone();
            file[i] ^= (byte)(1 << random.Next(8));
            Assert.StartsWith("dq: error DQ5001", Refused(file), StringComparison.Ordinal);
        }
    }

    /// <summary>Whoever makes a hostile file can make its checksum too.</summary>
    public static TheoryData<string, string> Hostile() => new()
    {
        { "external", "lies in another file" },
        { "operator", "has the operator 'Loop'" },
        { "domain", "of the domain 'com.evil'" },
        { "attribute", "has attributes that no model of ours has" },
        { "short-array", "is not what its shape needs" },
        { "huge-array", "is not what its shape needs" },
        { "huge-image", "GiB for a single image" },
        { "branches", "GiB for a single image" },
        { "wide-image", "takes images of 2×6×28000" },
        { "channels", "takes images of 17×6×6" },
        { "overflow", "shapes do not fit" },
        { "cycle", "is read before anything makes it" },
        { "twice", "is made twice" },
        { "stride", "shapes do not fit" },
        { "two-inputs", "one input and one output" },
        { "labels", "2 labels for 3 logits" },
        { "no-labels", "labels are no list of names" },
        { "same-labels", "two of its labels are the same" },
        { "deep-labels", "labels are no list of names" },
        { "format", "metadata do not say" },
        { "word-twice", "says 'network' twice" },
        { "opset", "another version of the format" },
        { "unknown", "parts that no model of ours has" },
        { "string-type", "elements of the type 8" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_in_one_way(string kind, string expected)
    {
        var model = ModelProto.Parser.ParseFrom(Good.AsSpan(0, Good.Length - ModelBytes.Seal([]).Length));
        var graph = model.Graph;
        switch (kind)
        {
            case "external":
                graph.Initializer[0].DataLocation = TensorProto.Types.DataLocation.External;
                graph.Initializer[0].ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "/etc/passwd" });
                break;
            case "operator": graph.Node[0].OpType = "Loop"; break;
            case "domain": graph.Node[0].Domain = "com.evil"; break;
            case "attribute": graph.Node[0].Attribute.Add(GraphWriter.Whole("saturate", 1)); break;
            case "short-array": graph.Initializer[0].RawData = ByteString.Empty; break;
            case "huge-array": graph.Initializer[0].Dims.Add(1L << 40); break;
            case "huge-image":
                foreach (var size in graph.Input[0].Type.TensorType.Shape.Dim.Skip(2))
                    size.DimValue = 1 << 14;
                break;
            case "branches":
                // Two hundred maps of 32 MB, in whose order in the file three are alive at once; but all may be made before the first two are added.
                foreach (var size in graph.Input[0].Type.TensorType.Shape.Dim.Skip(2))
                    size.DimValue = 2000;
                var image = graph.Input[0].Name;
                graph.Node[0].Input[0] = "sum200";
                for (var i = 200; i > 0; i--)
                {
                    graph.Node.Insert(0, Sum(i == 1 ? image : $"sum{i - 1}", $"branch{i}", $"sum{i}"));
                    graph.Node.Insert(0, Sum(image, image, $"branch{i}"));
                }

                break;
            case "wide-image": graph.Input[0].Type.TensorType.Shape.Dim[3].DimValue = 28_000; break;
            case "channels": graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = 17; break;
            case "overflow":
                graph.Initializer[0].Dims.Add(1L << 62);
                graph.Initializer[0].Dims.Add(4);
                break;
            case "cycle": graph.Node[0].Input[0] = graph.Node[^1].Output[0]; break;
            case "twice": graph.Node[1].Output[0] = graph.Node[0].Output[0]; break;
            case "stride":
                var strides = graph.Node.First(node => node.OpType == "Conv").Attribute.Single(attribute => attribute.Name == "strides");
                strides.Ints[0] = 0;
                break;
            case "two-inputs": graph.Input.Add(new ValueInfoProto(graph.Input[0]) { Name = "y" }); break;
            case "labels": Word(model, "labels").Value = """["a","b"]"""; break;
            case "no-labels": Word(model, "labels").Value = """["a",null,"c"]"""; break;
            case "same-labels": Word(model, "labels").Value = """["a","b","a"]"""; break;
            case "deep-labels": Word(model, "labels").Value = new string('[', 100_000); break;
            case "format": Word(model, "format").Value = "other"; break;
            case "word-twice": model.MetadataProps.Add(new StringStringEntryProto { Key = "network", Value = "other" }); break;
            case "opset": model.OpsetImport[0].Version = 21; break;
            case "string-type": graph.Initializer[0].DataType = 8; break;
        }

        var body = model.ToByteArray();
        if (kind == "unknown")
            body = [.. body, 0xA2, 0x01, 0x00]; // field 20, training_info, empty
        Assert.Contains(expected, Refused([.. body, .. ModelBytes.Seal(body)]), StringComparison.Ordinal);
    }

    /// <summary>As many numbers as channels, but not in a row: ten minutes of fuzzing found it, after the runtime had taken the file and before it would run it.</summary>
    [Theory]
    [InlineData("Conv")]
    [InlineData("Gemm")]
    public void A_bias_of_another_shape(string operation)
    {
        var good = Small.FloatFile();
        var model = ModelProto.Parser.ParseFrom(good.AsSpan(0, good.Length - ModelBytes.Seal([]).Length));
        var bias = model.Graph.Node.First(node => node.OpType == operation).Input[2];
        model.Graph.Initializer.Single(array => array.Name == bias).Dims.Insert(0, 1);
        var body = model.ToByteArray();
        Assert.Contains("shapes do not fit", Refused([.. body, .. ModelBytes.Seal(body)]), StringComparison.Ordinal);
    }

    [Fact]
    public void Foreign_but_well_formed()
    {
        var model = ModelProto.Parser.ParseFrom(Good.AsSpan(0, Good.Length - ModelBytes.Seal([]).Length));
        Assert.Contains("no model of DQPipeline", Refused(model.ToByteArray()), StringComparison.Ordinal);
        Assert.Contains("checksum", Refused([0x50, 0x4B, 0x03, 0x04, .. new byte[500]]), StringComparison.Ordinal);
    }

    private static NodeProto Sum(string one, string other, string name) => new() { OpType = "Add", Input = { one, other }, Output = { name } };

    private static StringStringEntryProto Word(ModelProto model, string key) => model.MetadataProps.Single(word => word.Key == key);
}
