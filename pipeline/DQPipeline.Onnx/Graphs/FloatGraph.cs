using DQPipeline.Onnx.Format;

namespace DQPipeline.Onnx.Graphs;

/// <summary>
/// A network in float arithmetic, its quantizers as clip, scale, round and scale back (fake quantization): the trained network to float32's rounding, batch norms folded.
/// </summary>
internal static class FloatGraph
{
    /// <summary>The name of the input, float32 N×C×H×W in [0,1].</summary>
    public const string Input = "x";

    /// <summary>The name of the result, float32 N×K.</summary>
    public const string Output = "logits";

    /// <summary>Writes the graph. The result of each layer but the last has the layer's name.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="watched">Layers whose results are outputs too, behind the logits, with the shapes left open.</param>
    public static GraphProto Write(LayerGraph graph, IReadOnlyList<int>? watched = null)
    {
        var writer = new GraphWriter();
        var image = writer.Input(Input, TensorProto.Types.DataType.Float, graph.Channels, graph.Height, graph.Width);
        var names = new string[graph.Layers.Count];
        for (var i = 0; i < names.Length; i++)
        {
            var layer = graph.Layers[i];
            names[i] = layer switch
            {
                ImageLayer squeezed => Centre(writer, SqueezeNodes.Add(writer, image, squeezed.ColourBits, squeezed.Median, graph.Height, graph.Width), layer.Name),
                ConvolutionLayer convolution => Convolution(writer, names[convolution.Input], convolution),
                AffineLayer affine => Affine(writer, names[affine.Input], affine),
                ActivationLayer activation => Activation(writer, names[activation.Input], activation),
                MaxPoolLayer pool => writer.Node(layer.Name, "MaxPool", [names[pool.Input]], Pooling()),
                SumLayer sum => Sum(writer, names[sum.Shortcut], names[sum.Residual], sum),
                HeadLayer head => Head(writer, names[head.Input], head, graph.Classes),
                _ => throw new NotSupportedException($"There is no float form of {layer.GetType().Name}."),
            };
        }

        writer.Output(Output, graph.Classes);
        foreach (var layer in watched ?? [])
            writer.Graph.Output.Add(new ValueInfoProto { Name = names[layer], Type = new() { TensorType = new() { ElemType = (int)TensorProto.Types.DataType.Float } } });
        return writer.Graph;
    }

    /// <summary>The attributes of 2×2 pooling at step 2.</summary>
    public static AttributeProto[] Pooling() => [GraphWriter.Wholes("kernel_shape", 2, 2), GraphWriter.Wholes("strides", 2, 2)];

    /// <summary>The attributes of a convolution.</summary>
    public static AttributeProto[] Windows(ConvolutionLayer layer)
    {
        var (kernel, padding) = (layer.Kernel, layer.Kernel / 2);
        return
        [
            GraphWriter.Wholes("kernel_shape", kernel, kernel),
            GraphWriter.Wholes("pads", padding, padding, padding, padding),
            GraphWriter.Wholes("strides", layer.Stride, layer.Stride),
        ];
    }

    private static string Centre(GraphWriter writer, string image, string name)
    {
        var mean = writer.Floats($"{name}.mean", [(float)LayerGraph.InputMean]);
        var scale = writer.Floats($"{name}.scale", [(float)LayerGraph.InputScale]);
        return writer.Node(name, "Mul", [writer.Node($"{name}.centred", "Sub", [image, mean]), scale]);
    }

    private static string Convolution(GraphWriter writer, string input, ConvolutionLayer layer)
    {
        var weight = writer.Floats($"{layer.Name}.weight", layer.Weight, layer.Outputs, layer.Inputs, layer.Kernel, layer.Kernel);
        var bias = writer.Floats($"{layer.Name}.bias", layer.Bias, layer.Outputs);
        return writer.Node(layer.Name, "Conv", [input, weight, bias], Windows(layer));
    }

    private static string Affine(GraphWriter writer, string input, AffineLayer layer)
    {
        var scaled = writer.Node($"{layer.Name}.scaled", "Mul", [input, writer.Floats($"{layer.Name}.scale", layer.Scale, layer.Scale.Length, 1, 1)]);
        return writer.Node(layer.Name, "Add", [scaled, writer.Floats($"{layer.Name}.shift", layer.Shift, layer.Shift.Length, 1, 1)]);
    }

    private static string Activation(GraphWriter writer, string input, ActivationLayer layer)
    {
        var quantized = layer.Steps > 0;
        if (layer.IsTanh)
        {
            var tanh = writer.Node(quantized ? $"{layer.Name}.tanh" : layer.Name, "Tanh", [input]);
            if (!quantized)
                return tanh;
            // From [−1, 1] to whole steps from 0, and back.
            var one = writer.Floats($"{layer.Name}.one", [1]);
            var levels = Round(writer, layer.Name, writer.Node($"{layer.Name}.raised", "Add", [tanh, one]), layer.Steps / 2f, 2f / layer.Steps, $"{layer.Name}.levels");
            return writer.Node(layer.Name, "Sub", [levels, one]);
        }

        var bounds = new[] { writer.Floats($"{layer.Name}.low", [0]), writer.Floats($"{layer.Name}.high", [layer.Bound]) };
        var clipped = writer.Node(quantized ? $"{layer.Name}.clipped" : layer.Name, "Clip", [input, .. bounds]);
        return quantized ? Round(writer, layer.Name, clipped, layer.Steps / layer.Bound, layer.Bound / layer.Steps, layer.Name) : clipped;
    }

    private static string Round(GraphWriter writer, string name, string value, float up, float down, string result)
    {
        var scaled = writer.Node($"{name}.scaled", "Mul", [value, writer.Floats($"{name}.up", [up])]);
        var rounded = writer.Node($"{name}.rounded", "Round", [scaled]);
        return writer.Node(result, "Mul", [rounded, writer.Floats($"{name}.down", [down])]);
    }

    private static string Sum(GraphWriter writer, string shortcut, string residual, SumLayer layer)
    {
        if (layer.Factor != 1)
            shortcut = writer.Node($"{layer.Name}.weighed", "Mul", [shortcut, writer.Floats($"{layer.Name}.factor", [layer.Factor])]);
        return writer.Node(layer.Name, "Add", [shortcut, residual]);
    }

    private static string Head(GraphWriter writer, string input, HeadLayer layer, int classes)
    {
        var mean = writer.Node($"{layer.Name}.mean", "GlobalAveragePool", [input]);
        var flat = writer.Node($"{layer.Name}.flat", "Flatten", [mean]);
        var weight = writer.Floats($"{layer.Name}.weight", layer.Weight, classes, layer.Weight.Length / classes);
        var bias = writer.Floats($"{layer.Name}.bias", layer.Bias, classes);
        return writer.Node(Output, "Gemm", [flat, weight, bias], GraphWriter.Whole("transB", 1));
    }
}
