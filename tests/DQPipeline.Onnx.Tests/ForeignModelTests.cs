using DQPipeline.Declarations;
using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Inference;

namespace DQPipeline.Onnx.Tests;

/// <summary>Files of others, held against a forward pass by hand.</summary>
public sealed class ForeignModelTests : IDisposable
{
    private static readonly long[] s_nchw = [0, 3, 4, 5], s_nhwc = [0, 4, 5, 3];

    private readonly string folder = Directory.CreateTempSubdirectory("dq-foreign-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private ForeignModel Load(byte[] file, ForeignModelOptions? options = null, (int, int, int)? shape = null, byte[]? images = null)
    {
        var path = Path.Combine(folder, "m.onnx");
        File.WriteAllBytes(path, file);
        return ForeignModel.Load(path, shape ?? Foreign.Shape, images ?? Foreign.Images, (options ?? new()) with { Threads = 1 });
    }

    private Diagnostic Refused(byte[] file, ForeignModelOptions? options = null, (int, int, int)? shape = null, byte[]? images = null) =>
        Assert.Single(Assert.Throws<DqException>(() => Load(file, options, shape, images).Dispose()).Diagnostics);

    private static float[] Run(ForeignModel model, int images = 9)
    {
        var logits = new float[images * model.Classes];
        model.Run(Array.ConvertAll(Foreign.Pixels(images), pixel => pixel / 255f), logits);
        return logits;
    }

    private static void AssertLogits(float[] found, bool isChannelsLast, Func<int, byte, double> value, double tolerance = 1e-4)
    {
        var images = found.Length / Foreign.Classes;
        var expected = Foreign.Pixels(images).Chunk(Foreign.Size).SelectMany(image => Foreign.Logits(image, isChannelsLast, value));
        Assert.Equal(expected, found.Select(z => (double)z), (one, other) => Math.Abs(one - other) <= tolerance * Math.Max(1, Math.Abs(one)));
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, PixelScale.Unit)]
    [InlineData(true, PixelScale.Pixels)]
    [InlineData(false, PixelScale.Signed)]
    [InlineData(true, PixelScale.Signed)]
    public void Layout_and_scale_make_of_pixels_what_the_input_takes(bool isChannelsLast, PixelScale? scale)
    {
        using var model = Load(Foreign.File(isChannelsLast ? s_nhwc : s_nchw), new() { Scale = scale });
        Assert.Equal((3, 4, 5, 4, false), (model.Channels, model.Height, model.Width, model.Classes, model.TakesBytes));
        Assert.Equal((isChannelsLast ? ImageLayout.Nhwc : ImageLayout.Nchw, scale ?? PixelScale.Unit), (model.Layout, model.Scale));
        Assert.False(model.GivesProbabilities || model.MindsTheBatch);
        AssertLogits(Run(model), isChannelsLast, (_, pixel) => scale switch { PixelScale.Pixels => pixel, PixelScale.Signed => (pixel / 127.5) - 1, _ => pixel / 255.0 });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Means_and_deviations_are_those_of_their_channel(bool isChannelsLast)
    {
        double[] mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225];
        using var model = Load(Foreign.File(isChannelsLast ? s_nhwc : s_nchw), new() { Mean = mean, Std = std });
        AssertLogits(Run(model), isChannelsLast, (channel, pixel) => ((pixel / 255.0) - mean[channel]) / std[channel]);
    }

    [Theory]
    [InlineData(Foreign.Bytes, true, 1e-4)]
    [InlineData(Foreign.Half, false, 1e-2)]
    [InlineData(Foreign.Double, false, 1e-4)]
    public void Inputs_of_other_types(int type, bool takesBytes, double tolerance)
    {
        using var model = Load(Foreign.File(s_nhwc, type));
        Assert.Equal(takesBytes, model.TakesBytes);
        AssertLogits(Run(model), true, (_, pixel) => takesBytes ? pixel : pixel / 255.0, tolerance);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(20)]
    public void A_fixed_batch_is_filled_up_and_what_it_says_to_copies_is_dropped(int batch)
    {
        using var model = Load(Foreign.File([batch, 3, 4, 5]));
        foreach (var images in new[] { 0, 1, 4, 9 })
            AssertLogits(Run(model, images), false, (_, pixel) => pixel / 255.0);
    }

    [Fact]
    public void Free_sizes_are_the_datas()
    {
        using var model = Load(Foreign.File([0, 0, 0, 0]), new() { Layout = ImageLayout.Nhwc });
        AssertLogits(Run(model), true, (_, pixel) => pixel / 255.0);
        using var half = Load(Foreign.File([0, 3, 0, 0]));
        AssertLogits(Run(half), false, (_, pixel) => pixel / 255.0);
    }

    [Fact]
    public void Our_own_float_file_says_the_same_to_either_reader()
    {
        var images = Small.Images(9);
        using var foreign = Load(Small.FloatFile(), new() { Layout = ImageLayout.Nchw }, (2, 6, 6), Array.ConvertAll(images, value => (byte)MathF.Round(value * 255)));
        using var ours = DeployedModel.Load(Small.FloatFile(), "small", new() { Threads = 1 });
        var (found, expected) = (new float[27], new float[27]);
        foreign.Run(images, found);
        ours.Run(images, expected);
        Assert.Equal(expected, found, (one, other) => Math.Abs(one - other) < 1e-5);
    }

    [Fact]
    public void Probabilities_are_noticed_and_come_as_their_logarithms()
    {
        using var model = Load(Foreign.File(s_nchw, tail: writer => writer.Node("softmax", "Softmax", ["logits"])));
        Assert.True(model.GivesProbabilities);
        var found = Run(model);
        for (var image = 0; image < 9; image++)
        {
            var logits = Foreign.Logits(Foreign.Images.AsSpan(image * Foreign.Size, Foreign.Size), false, (_, pixel) => pixel / 255.0);
            var sum = Math.Log(logits.Sum(Math.Exp));
            Assert.Equal(logits.Select(z => z - sum), found.Skip(image * 4).Take(4).Select(z => (double)z), (one, other) => Math.Abs(one - other) < 1e-4);
        }
    }

    [Fact]
    public void A_probability_that_is_rounded_to_nothing_still_has_a_logarithm()
    {
        using var model = Load(Foreign.File(s_nchw, tail: writer => writer.Node("softmax", "Softmax", [writer.Node("sure", "Mul", ["logits", writer.Floats("thousand", [1000])])])));
        var found = Run(model);
        Assert.All(found, z => Assert.InRange(z, -104f, 0f));
        Assert.Contains(found, z => z < -103);
    }

    [Fact]
    public void A_map_of_one_pixel_is_a_row_of_logits()
    {
        using var model = Load(Foreign.File(s_nchw, tail: writer => writer.Node("map", "Unsqueeze", ["logits", writer.Longs("axes", [2, 3], 2)])));
        AssertLogits(Run(model), false, (_, pixel) => pixel / 255.0);
    }

    [Fact]
    public void An_input_and_an_output_are_chosen_by_name()
    {
        static string Second(GraphWriter writer)
        {
            writer.Graph.Input.Add(Foreign.Value("mask", Foreign.Float, s_nchw));
            writer.Graph.Output.Add(Foreign.Value("flat", Foreign.Float, 0, 0));
            return "logits";
        }

        var file = Foreign.File(s_nchw, tail: Second);
        Assert.Equal(("DQ1004", true), (Refused(file).Code, Refused(file).Message.Contains("2 inputs that could take images: image, mask. Say which by --input", StringComparison.Ordinal)));
        // The other one is asked for by nobody, or else the runtime says that it is missing.
        using var model = Load(file, new() { Input = "image", Output = "logits" });
        AssertLogits(Run(model), false, (_, pixel) => pixel / 255.0);
        using var flat = Load(file, new() { Input = "image" });
        Assert.Equal(Foreign.Size, flat.Classes);
        Assert.Equal("DQ1005", Refused(file, new() { Input = "imag" }).Code);
        Assert.Contains("did you mean \"logits\"", Refused(file, new() { Input = "image", Output = "logit" }).Message, StringComparison.Ordinal);
        Assert.Contains("cannot run it without a value for image", Refused(file, new() { Input = "mask" }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rank", "DQ5001", "no input for images ('image' is Float [?, 12, 5]), and what is taken is an array of four dimensions")]
    [InlineData("type", "DQ5001", "'image' is Int64 [?, 3, 4, 5]")]
    [InlineData("both", "DQ1004", "[?, 3, ?, 3], which does not tell where its channels are. Say so by --layout")]
    [InlineData("neither", "DQ1004", "[?, ?, ?, ?], which does not tell where its channels are")]
    [InlineData("size", "DQ2005", "3×4×5 (channels, rows, columns), but")]
    [InlineData("grey", "DQ2005", "images are 1×4×5 (channels, rows, columns), but")]
    [InlineData("one-class", "DQ5001", "gives an image 1 number; logits are at least two")]
    [InlineData("output", "DQ5001", "'cube' is [1, 4, 4] for 1 images, and logits are [1, classes]")]
    [InlineData("integers", "DQ5001", "gives numbers of the type Int64")]
    [InlineData("not-finite", "DQ3004", "not finite")]
    [InlineData("chance", "DQ5001", "answers the same image differently each time")]
    [InlineData("operator", "DQ5001", "ONNX Runtime cannot load it")]
    [InlineData("outside", "DQ5001", "ONNX Runtime cannot load it")]
    [InlineData("opset", "DQ5001", "ONNX Runtime cannot load it")]
    [InlineData("silent", "DQ5001", "it has no output")]
    [InlineData("unshaped", "DQ5001", "no input for images")]
    public void What_takes_no_images_or_gives_no_logits_is_a_coded_error_in_one_line(string kind, string code, string words)
    {
        var refusal = kind switch
        {
            "rank" => Refused(Foreign.File([0, 12, 5])),
            "type" => Refused(Foreign.File(s_nchw, Foreign.Longs)),
            "both" => Refused(Foreign.File([0, 3, 0, 3])),
            "neither" => Refused(Foreign.File([0, 0, 0, 0])),
            "size" => Refused(Foreign.File([0, 3, 32, 0])),
            "grey" => Refused(Foreign.File(s_nchw), shape: (1, 4, 5)),
            "one-class" => Refused(Foreign.File(s_nchw, tail: w => w.Node("one", "ReduceSum", ["logits", w.Longs("axes", [1], 1)]))),
            "output" => Refused(Foreign.File(s_nchw, tail: w => w.Node("cube", "Add", [w.Node("up", "Unsqueeze", ["logits", w.Longs("axes", [1], 1)]), w.Floats("column", [1, 2, 3, 4], 4, 1)]))),
            "integers" => Refused(Foreign.File(s_nchw, tail: w => w.Node("whole", "Cast", ["logits"], GraphWriter.Whole("to", Foreign.Longs)), change: m => m.Graph.Output[0].Type.TensorType.ElemType = Foreign.Longs)),
            "not-finite" => Refused(Foreign.File(s_nchw, tail: w => w.Node("log", "Log", ["logits"]))),
            "chance" => Refused(Foreign.File(s_nchw, tail: w => w.Node("chance", "Add", ["logits", w.Node("noise", "RandomNormalLike", ["logits"])]))),
            "operator" => Refused(Foreign.File(s_nchw, change: m => m.Graph.Node[0].Domain = "com.somebody")),
            "outside" => Refused(Foreign.File(s_nchw, change: m => Foreign.Outside(m, "weights.bin"))),
            "silent" => Refused(Foreign.File(s_nchw, change: m => m.Graph.Output.Clear())),
            "opset" => Refused(Foreign.File(s_nchw, change: m => m.OpsetImport[0].Version = 999)),
            _ => Refused(Foreign.File(s_nchw, change: m => m.Graph.Input[0].Type.TensorType.Shape = null)),
        };
        Assert.Equal(code, refusal.Code);
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public void Weights_in_a_file_beside_it_are_read()
    {
        File.WriteAllBytes(Path.Combine(folder, "weights.bin"), Foreign.WeightBytes());
        using var model = Load(Foreign.File(s_nchw, change: m => Foreign.Outside(m, "weights.bin")));
        AssertLogits(Run(model), false, (_, pixel) => pixel / 255.0);
    }

    [Fact]
    public void A_model_that_minds_the_batch_is_shown_one_image_at_a_time()
    {
        // What is left of the logits when the batch's mean is taken away: of one image alone, half of it.
        static string Minding(GraphWriter writer)
        {
            var mean = writer.Node("mean", "ReduceMean", ["logits"], GraphWriter.Wholes("axes", 0));
            return writer.Node("rest", "Sub", ["logits", writer.Node("half", "Mul", [mean, writer.Floats("a-half", [0.5f])])]);
        }

        foreach (var batch in (long[])[0, 4])
        {
            using var model = Load(Foreign.File([batch, 3, 4, 5], tail: Minding));
            Assert.True(model.MindsTheBatch);
            AssertLogits([.. Run(model).Select(z => 2 * z)], false, (_, pixel) => pixel / 255.0);
        }
    }

    [Theory]
    [InlineData(Foreign.Bytes, PixelScale.Unit, 0, 0, "takes bytes")]
    [InlineData(Foreign.Bytes, null, 3, 0, "takes bytes")]
    [InlineData(Foreign.Float, PixelScale.Signed, 3, 3, "--scale can be unit alone")]
    [InlineData(Foreign.Float, PixelScale.Pixels, 0, 3, "--scale can be unit alone")]
    [InlineData(Foreign.Float, null, 1, 3, "the images have 3")]
    [InlineData(Foreign.Float, null, 0, 2, "the images have 3")]
    public void Options_that_contradict_the_file_or_each_other_are_DQ1004(int type, PixelScale? scale, int means, int deviations, string words)
    {
        var refusal = Refused(Foreign.File(s_nchw, type), new() { Scale = scale, Mean = [.. Enumerable.Repeat(0.5, means)], Std = [.. Enumerable.Repeat(0.5, deviations)] });
        Assert.Equal("DQ1004", refusal.Code);
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_deviation_is_a_finite_number_above_0(double std) => Assert.Equal("DQ1004", Refused(Foreign.File(s_nchw), new() { Std = [0.5, std, 0.5] }).Code);

    [Fact]
    public void Files_cut_short_are_DQ5001()
    {
        var file = Foreign.File(s_nchw);
        for (var i = 0; i < 25; i++)
            Assert.Equal("DQ5001", Refused(file[..(file.Length * i / 25)]).Code);
        Assert.Equal("DQ5001", Refused([0x50, 0x4B, 0x03, 0x04, .. new byte[500]]).Code);
        Assert.Equal("DQ5001", Assert.Throws<DqException>(() => ForeignModel.Load(Path.Combine(folder, "nothing.onnx"), Foreign.Shape, Foreign.Images)).Diagnostics[0].Code);
        Assert.Equal("DQ5001", Assert.Throws<DqException>(() => ForeignModel.Load(folder, Foreign.Shape, Foreign.Images)).Diagnostics[0].Code);
    }

    [Fact]
    public void Files_with_changed_bytes_are_taken_or_refused_with_a_code()
    {
        var random = new Random(11);
        var (file, refused) = (Foreign.File(s_nchw, tail: writer => writer.Node("softmax", "Softmax", ["logits"])), 0);
        // All but the weights, of which most changes make another model and no damage.
        var weights = file.AsSpan().IndexOf(Foreign.WeightBytes());
        int[] places = [.. Enumerable.Range(0, file.Length).Where(at => at < weights || at >= weights + Foreign.WeightBytes().Length)];
        for (var i = 0; i < 200; i++)
        {
            var changed = (byte[])file.Clone();
            for (var n = 0; n < 3; n++)
                changed[places[random.Next(places.Length)]] = (byte)random.Next(256);
            try
            {
                using var model = Load(changed);
                Run(model);
            }
            catch (DqException e)
            {
                Assert.Contains(e.Diagnostics[0].Code, (string[])["DQ5001", "DQ2005", "DQ1004", "DQ3004"]);
                refused++;
            }
        }

        Assert.InRange(refused, 100, 200);
    }

    [Fact]
    public void What_is_no_batch_of_images_is_refused()
    {
        using var model = Load(Foreign.File(s_nchw));
        Assert.Throws<ArgumentException>(() => model.Run(new float[59], new float[4]));
        Assert.Throws<ArgumentException>(() => model.Run(new float[60], new float[5]));
        Assert.Throws<ArgumentException>(() => Load(Foreign.File(s_nchw), images: []));
        Assert.Throws<ArgumentException>(() => Load(Foreign.File(s_nchw), images: new byte[61]));
        Assert.Equal("DQ1004", Refused(Foreign.File(s_nchw), new() { BatchSize = 0 }).Code);
    }

    [Fact]
    public void A_seal_tells_ours_from_a_strangers()
    {
        var path = Path.Combine(folder, "m.onnx");
        bool IsOurs(byte[] file)
        {
            File.WriteAllBytes(path, file);
            return DeployedModel.IsOurs(path);
        }

        var ours = Small.FloatFile();
        Assert.True(IsOurs(ours));
        ours[100] ^= 1;
        Assert.True(IsOurs(ours));
        Assert.False(IsOurs(ours[..^1]));
        Assert.False(IsOurs(Foreign.File(s_nchw)));
        Assert.False(IsOurs([1, 2, 3]));
        Assert.Equal("DQ5001", Assert.Throws<DqException>(() => DeployedModel.IsOurs(path + "x")).Diagnostics[0].Code);
    }
}
