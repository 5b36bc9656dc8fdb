using DQPipeline.Onnx.Format;
using DQPipeline.Onnx.Graphs;

namespace DQPipeline.Onnx.Quantization;

/// <summary>
/// A network in integer arithmetic: every feature map is unsigned bytes, every weight a byte with one scale per output channel, every bias a 32-bit integer. It is
/// written as quantize and dequantize nodes, which a runtime fuses into integer kernels.
/// </summary>
/// <remarks>
/// An activation of b bits is a quantizer with the scale bound/(2^b − 1) and the clip behind it, on the integers: with the clip before it, as in training, a runtime
/// keeps the convolution in float. The numbers are the same.
/// </remarks>
internal sealed class IntegerGraph
{
    /// <summary>The byte that stands for 0 where numbers of both signs are alike.</summary>
    private const byte Middle = 128;

    /// <summary>Bytes of which two, each times the largest weight, add up to a signed number of 16 bits.</summary>
    private const int LowBytes = short.MaxValue / (2 * sbyte.MaxValue);

    private readonly GraphWriter writer = new();
    private readonly LayerGraph graph;
    private readonly CalibrationResult calibration;
    private readonly int freeSteps;
    private readonly Map[] maps;
    private readonly List<(string Weight, int Channels)> signed = [];
    private bool meetsHighBytes;
    private int copies;

    private IntegerGraph(LayerGraph graph, CalibrationResult calibration, int freeBits)
    {
        (this.graph, this.calibration) = (graph, calibration);
        freeSteps = (1 << freeBits) - 1;
        maps = new Map[graph.Layers.Count];
    }

    /// <summary>Writes the graph.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="calibration">The byte grid of each layer of <see cref="IntegerPlan.Calibrated"/>, and rounded weights.</param>
    /// <param name="bytes">Whether the input is uint8 pixels; else float32 in [0,1], brought onto the bytes by the first node.</param>
    /// <param name="freeBits">Bits, 1 to 8, of activations that the network has in full precision.</param>
    /// <exception cref="ArgumentException">A grid is missing.</exception>
    public static GraphProto Write(LayerGraph graph, CalibrationResult calibration, bool bytes, int freeBits)
    {
        var missing = IntegerPlan.Calibrated(graph).FirstOrDefault(layer => !calibration.Grids.ContainsKey(layer), -1);
        if (missing >= 0)
            throw new ArgumentException($"There is no grid for the layer '{graph.Layers[missing].Name}'.", nameof(calibration));
        var integer = new IntegerGraph(graph, calibration, freeBits);
        integer.AddAll(bytes);
        return integer.writer.Graph;
    }

    private void AddAll(bool bytes)
    {
        for (var i = 0; i < maps.Length; i++)
        {
            var layer = graph.Layers[i];
            switch (layer)
            {
                case ImageLayer image:
                    maps[i] = Image(image, bytes);
                    break;
                case ConvolutionLayer convolution:
                    maps[i] = Settle(i, Convolution(i, convolution));
                    break;
                case AffineLayer affine:
                    maps[i] = Map.OfFloats(Affine(affine));
                    break;
                case ActivationLayer activation:
                    maps[i] = Activation(i, activation);
                    break;
                case MaxPoolLayer pool:
                    // The largest byte stands for the largest number.
                    maps[i] = maps[pool.Input] with { Name = writer.Node(layer.Name, "MaxPool", [maps[pool.Input].Name], FloatGraph.Pooling()) };
                    break;
                case SumLayer sum:
                    maps[i] = Settle(i, writer.Node(layer.Name, "Add", [Floats(maps[sum.Shortcut], sum.Factor), Floats(maps[sum.Residual])]));
                    break;
                case HeadLayer head:
                    Head(i, head);
                    break;
                default:
                    throw new NotSupportedException($"There is no integer form of {layer.GetType().Name}.");
            }
        }

        if (meetsHighBytes)
            AddZeros();
    }

    private Map Image(ImageLayer layer, bool bytes)
    {
        var grid = new ByteGrid((float)(LayerGraph.InputScale / byte.MaxValue), Middle);
        var pixel = new ByteGrid(1f / byte.MaxValue, 0);
        var image = writer.Input(FloatGraph.Input, bytes ? TensorProto.Types.DataType.Uint8 : TensorProto.Types.DataType.Float, graph.Channels, graph.Height, graph.Width);
        writer.Output(FloatGraph.Output, graph.Classes);
        var squeezes = layer is not { ColourBits: 0, Median: 1 };
        if (bytes && !squeezes)
            return new(image, grid);
        if (bytes)
            image = Floats(new(image, pixel));
        if (squeezes)
            image = SqueezeNodes.Add(writer, image, layer.ColourBits, layer.Median, graph.Height, graph.Width);
        return new(Quantize($"{layer.Name}.bytes", image, pixel), grid);
    }

    private string Convolution(int number, ConvolutionLayer layer)
    {
        var input = maps[layer.Input];
        var meetsImage = graph.Layers[layer.Input] is ImageLayer;
        meetsHighBytes |= !meetsImage && input.Highest > LowBytes;
        var (weights, shift) = RoundedLayer.Of(calibration.Rounded.GetValueOrDefault(number), layer.Weight, layer.Bias, input.Grid.Scale);
        var weight = Weights(layer.Name, weights, meetsImage, layer.Outputs, layer.Inputs, layer.Kernel, layer.Kernel);
        var scales = Array.ConvertAll(weights.Scales, scale => scale * input.Grid.Scale);
        var bias = writer.Node(
            $"{layer.Name}.bias",
            "DequantizeLinear",
            [writer.Integers($"{layer.Name}.bias.q", weights.Bias(shift, input.Grid.Scale), layer.Outputs), writer.Floats($"{layer.Name}.bias.scale", scales, layer.Outputs)],
            GraphWriter.Whole("axis", 0));
        return writer.Node(layer.Name, "Conv", [Floats(input), weight, bias], FloatGraph.Windows(layer));
    }

    private string Affine(AffineLayer layer)
    {
        var scaled = writer.Node($"{layer.Name}.scaled", "Mul", [Floats(maps[layer.Input]), writer.Floats($"{layer.Name}.scale", layer.Scale, layer.Scale.Length, 1, 1)]);
        return writer.Node(layer.Name, "Add", [scaled, writer.Floats($"{layer.Name}.shift", layer.Shift, layer.Shift.Length, 1, 1)]);
    }

    private Map Activation(int number, ActivationLayer layer)
    {
        var input = Floats(maps[layer.Input]);
        if (layer.IsTanh)
            return Tanh(layer, input);
        var steps = layer.Steps > 0 ? layer.Steps : freeSteps;
        var grid = layer.Steps > 0 ? new ByteGrid(layer.Bound / steps, 0) : calibration.Grids[number];
        if (steps == byte.MaxValue)
            return new(Quantize(layer.Name, input, grid), grid);
        var rounded = Quantize($"{layer.Name}.rounded", input, grid);
        var bounds = new[] { writer.Bytes($"{layer.Name}.low", [0]), writer.Bytes($"{layer.Name}.high", [(byte)steps]) };
        return new(writer.Node(layer.Name, "Clip", [rounded, .. bounds]), grid, (byte)steps);
    }

    /// <summary>The levels 2k/s − 1 lie at even places of a grid of half the step whose zero is between two of them; 255 steps do not fit one and go to the nearest of 1/127.</summary>
    private Map Tanh(ActivationLayer layer, string input)
    {
        var tanh = writer.Node($"{layer.Name}.tanh", "Tanh", [input]);
        var steps = layer.Steps > 0 ? layer.Steps : freeSteps;
        if (steps == byte.MaxValue)
        {
            var nearest = new ByteGrid(1f / sbyte.MaxValue, Middle);
            return new(Quantize(layer.Name, tanh, nearest), nearest);
        }

        var one = writer.Floats($"{layer.Name}.one", [1]);
        var step = new ByteGrid(2f / steps, 0);
        var levels = Quantize($"{layer.Name}.levels", writer.Node($"{layer.Name}.raised", "Add", [tanh, one]), step);
        var half = new ByteGrid(1f / steps, (byte)steps);
        return new(Quantize(layer.Name, writer.Node($"{layer.Name}.lowered", "Sub", [Floats(new(levels, step)), one]), half), half, (byte)(2 * steps));
    }

    private void Head(int number, HeadLayer layer)
    {
        var (weights, shift) = RoundedLayer.Of(calibration.Rounded.GetValueOrDefault(number), layer.Weight, layer.Bias, 1);
        var mean = writer.Node($"{layer.Name}.mean", "GlobalAveragePool", [Floats(maps[layer.Input])]);
        var flat = writer.Node($"{layer.Name}.flat", "Flatten", [mean]);
        // The mean is in float, and so is the product.
        var weight = Weights(layer.Name, weights, meetImage: false, graph.Classes, layer.Weight.Length / graph.Classes);
        var bias = writer.Floats($"{layer.Name}.bias", shift, graph.Classes);
        writer.Node(FloatGraph.Output, "Gemm", [flat, weight, bias], GraphWriter.Whole("transB", 1));
    }

    /// <summary>
    /// Weights as bytes. Processors without VNNI multiply unsigned bytes by signed ones and add two such products in 16 bits, where the sum saturates if the map's bytes are high. The
    /// image's bytes are, so that its weights are unsigned, about 128: that is computed in more bits everywhere, at a third of the speed, of which one small convolution takes no notice.
    /// </summary>
    private string Weights(string name, QuantizedWeights weights, bool meetImage, params ReadOnlySpan<long> shape)
    {
        var channels = weights.Scales.Length;
        string[] zeros = [];
        if (meetImage)
            zeros = [writer.Bytes($"{name}.weight.zero", [.. Enumerable.Repeat(Middle, channels)], channels)];
        else
            signed.Add(($"{name}.weight", channels));
        var values = meetImage
            ? writer.Bytes($"{name}.weight.q", Array.ConvertAll(weights.Values, q => (byte)(q + Middle)), shape)
            : writer.SignedBytes($"{name}.weight.q", weights.Values, shape);
        return writer.Node($"{name}.weight", "DequantizeLinear", [values, writer.Floats($"{name}.weight.scale", weights.Scales, channels), .. zeros], GraphWriter.Whole("axis", 0));
    }

    /// <summary>
    /// Gives all signed weights the zeros with which a runtime that is asked to be exact (<see cref="GraphCheck.Result.AsksForExactness"/>) makes unsigned ones of them, where its processor
    /// needs it; without them it refuses.
    /// </summary>
    private void AddZeros()
    {
        foreach (var (weight, channels) in signed)
            writer.Extend(weight, writer.SignedBytes($"{weight}.zero", new sbyte[channels], channels));
    }

    /// <summary>A result in float that no activation takes up is kept as bytes on its calibrated grid.</summary>
    private Map Settle(int number, string floats)
    {
        if (IntegerPlan.IsTakenUp(graph, number))
            return Map.OfFloats(floats);
        var grid = calibration.Grids[number];
        return new(Quantize($"{graph.Layers[number].Name}.bytes", floats, grid), grid);
    }

    private string Quantize(string name, string floats, ByteGrid grid) => writer.Node(name, "QuantizeLinear", [floats, .. Parameters(name, grid)]);

    /// <summary>The numbers that a map stands for. A node for each reader: so a runtime finds each operator with its own.</summary>
    private string Floats(Map map, float factor = 1)
    {
        if (map.IsFloat)
            return map.Name;
        var name = $"{map.Name}.floats{++copies}";
        return writer.Node(name, "DequantizeLinear", [map.Name, .. Parameters(name, map.Grid with { Scale = map.Grid.Scale * factor })]);
    }

    private string[] Parameters(string name, ByteGrid grid) => [writer.Floats($"{name}.scale", [grid.Scale]), writer.Bytes($"{name}.zero", [grid.ZeroPoint])];

    /// <summary>A feature map: bytes on a grid, of which none is above <paramref name="Highest"/>, or numbers that the next node takes up.</summary>
    private readonly record struct Map(string Name, ByteGrid Grid, byte Highest = byte.MaxValue, bool IsFloat = false)
    {
        public static Map OfFloats(string name) => new(name, default, IsFloat: true);
    }
}
