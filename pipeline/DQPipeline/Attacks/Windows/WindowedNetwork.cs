using DQPipeline.Data;
using DQPipeline.Export;
using DQPipeline.Native;
using DQPipeline.Networks;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Quantization;
using static TorchSharp.torch;
using Window = DQPipeline.Attacks.Scores.Window;

namespace DQPipeline.Attacks.Windows;

/// <summary>
/// A network that remembers what its layers said to some images, and of a version that differs in a window computes only what the window reaches: two rows and columns more with each 3×3
/// convolution. Its logits are those of the network but for the last bits, since batch norms are folded into convolutions; so what they decide is asked of the network itself.
/// </summary>
internal sealed class WindowedNetwork : IDisposable
{
    /// <summary>Values that may be remembered, 1 GiB.</summary>
    private const long MostValues = 1L << 28;

    private readonly LayerGraph _graph;
    private readonly MapShape[] _shapes;
    private readonly MapCache?[] _caches;
    private readonly (Tensor Weight, Tensor Bias)?[] _parameters;
    private readonly BoundedActivation _activation;
    private MapPatch?[] _patches;
    private IReadOnlyList<int> _images = [];

    private WindowedNetwork(LayerGraph graph, MapShape[] shapes, BoundedActivation activation, int images)
    {
        (_graph, _shapes, _activation) = (graph, shapes, activation);
        _patches = new MapPatch?[shapes.Length];
        _caches = [.. shapes.Select((shape, i) => IsRemembered(graph, i) ? new MapCache(images, shape) : null)];
        _parameters = [.. graph.Layers.Select(ParametersOf)];
    }

    /// <summary>Prepares a network for some images; null where it is better looked at as a whole: on an accelerator, behind a filter of the image, or with maps that are too many.</summary>
    /// <param name="network">The network, in eval mode.</param>
    /// <param name="images">How many images it is to remember.</param>
    public static WindowedNetwork? TryCreate(Classifier network, int images)
    {
        if (network.parameters().Any(parameter => parameter.device_type != TorchSharp.DeviceType.CPU) || network.MapType != ScalarType.Float32 || network.Description.Squeeze.IsActive)
            return null;
        LayerGraph graph;
        try
        {
            graph = LayerGraphs.Of(network);
        }
        catch (NotSupportedException)
        {
            // A network of someone else's, of which only the answers are known.
            return null;
        }

        var shapes = MapShape.Of(graph);
        var values = shapes.Where((_, i) => IsRemembered(graph, i)).Sum(shape => (long)shape.Size);
        return values * images > MostValues ? null : new(graph, shapes, new BoundedActivation(network.Description.Activation), images);
    }

    /// <summary>The logits of versions of images, N×K, in the current scope.</summary>
    /// <param name="versions">N versions in [0,1], N×C×H×W.</param>
    /// <param name="images">Which image each is a version of.</param>
    /// <param name="windows">Where each differs from the version that is remembered, all of one size; all of an image that is not remembered yet.</param>
    public Tensor Logits(ReadOnlySpan<float> versions, IReadOnlyList<int> images, IReadOnlyList<Window> windows)
    {
        Forget();
        _images = images;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var logits = (Tensor?)null;
        for (var i = 0; i < _graph.Layers.Count; i++)
        {
            var layer = _graph.Layers[i];
            if (layer is HeadLayer head)
                logits = Head(head, i);
            else
                _patches[i] = layer is ImageLayer ? Image(versions, windows) : Run(layer, i);
        }

        foreach (var patch in _patches)
            patch?.Values.DetachFromDisposeScope();
        return logits!.MoveToOuterDisposeScope();
    }

    /// <summary>Remembers some of the versions that were asked about last.</summary>
    /// <param name="positions">Their places among them.</param>
    public void Keep(IReadOnlyList<int> positions)
    {
        for (var i = 0; i < _caches.Length; i++)
            _caches[i]?.Keep(_images, _patches[i]!, positions);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        foreach (var pair in _parameters)
        {
            pair?.Weight.Dispose();
            pair?.Bias.Dispose();
        }
    }

    /// <summary>Whether a layer's result is read beyond the window that changed in it.</summary>
    private static bool IsRemembered(LayerGraph graph, int layer) =>
        graph.Layers[layer] is not HeadLayer && graph.ReadersOf(layer).Any(reader => reader is ConvolutionLayer { Kernel: > 1 } or ConvolutionLayer { Stride: > 1 } or MaxPoolLayer or SumLayer or HeadLayer);

    private static (Tensor Weight, Tensor Bias)? ParametersOf(Layer layer)
    {
        static Tensor Own(float[] values, params long[] shape) => tensor(values, shape).DetachFromDisposeScope();
        return layer switch
        {
            ConvolutionLayer conv => (Own(conv.Weight, conv.Outputs, conv.Inputs, conv.Kernel, conv.Kernel), Own(conv.Bias, conv.Outputs)),
            AffineLayer affine => (Own(affine.Scale, affine.Scale.Length), Own(affine.Shift, affine.Shift.Length)),
            HeadLayer head => (Own(head.Weight, head.Bias.Length, head.Weight.Length / head.Bias.Length), Own(head.Bias, head.Bias.Length)),
            _ => null,
        };
    }

    private void Forget()
    {
        foreach (var patch in _patches)
            patch?.Values.Dispose();
        _patches = new MapPatch?[_patches.Length];
    }

    /// <summary>The centred pixels of the windows.</summary>
    private MapPatch Image(ReadOnlySpan<float> versions, IReadOnlyList<Window> windows)
    {
        var (shape, height, width) = (_shapes[0], windows[0].Height, windows[0].Width);
        var places = new MapWindows([.. windows.Select(window => window.Top)], [.. windows.Select(window => window.Left)], height, width);
        var values = empty([windows.Count, height, width, shape.Channels], ScalarType.Float32);
        var to = PixelConversion.Memory<float>(values);
        var next = 0;
        for (var i = 0; i < windows.Count; i++)
        {
            for (var row = windows[i].Top; row < windows[i].Top + height; row++)
            {
                for (var column = windows[i].Left; column < windows[i].Left + width; column++)
                {
                    for (var channel = 0; channel < shape.Channels; channel++)
                        to[next++] = versions[(((((i * shape.Channels) + channel) * shape.Height) + row) * shape.Width) + column];
                }
            }
        }

        return new(places, values.sub_(Number.Of(NetworkDescription.InputMean)).mul_(Number.Of(NetworkDescription.InputScale)));
    }

    private MapPatch Run(Layer layer, int number) => layer switch
    {
        ConvolutionLayer conv => Convolve(conv, number),
        MaxPoolLayer pool => Pool(pool, number),
        SumLayer sum => Sum(sum),
        AffineLayer affine => PatchOf(affine.Input) with { Values = PatchOf(affine.Input).Values.mul(_parameters[number]!.Value.Weight).add_(_parameters[number]!.Value.Bias, Number.One) },
        ActivationLayer activation => PatchOf(activation.Input) with { Values = _activation.Values(PatchOf(activation.Input).Values) },
        _ => throw new NotSupportedException($"No window passes the layer {layer.Name}."),
    };

    private MapPatch PatchOf(int layer) => _patches[layer]!;

    /// <summary>A layer's result in windows, N×H×W×C.</summary>
    private Tensor Read(int layer, MapWindows windows) =>
        PatchOf(layer).Windows.Same(windows) ? PatchOf(layer).Values : _caches[layer]!.Compose(_images, windows, PatchOf(layer));

    private MapPatch Convolve(ConvolutionLayer conv, int number)
    {
        using var scope = NewDisposeScope();
        var (input, output, padding) = (_shapes[conv.Input], _shapes[number], conv.Kernel / 2);
        var windows = PatchOf(conv.Input).Windows.Reached(conv.Kernel, conv.Stride, padding, output.Height, output.Width);
        var (weight, bias) = _parameters[number]!.Value;
        // Where all of the result is computed anew, the convolution pads by itself.
        var isWhole = windows.Covers(output.Height, output.Width);
        var read = Read(conv.Input, isWhole ? MapWindows.Whole(windows.Count, input.Height, input.Width) : windows.Read(conv.Kernel, conv.Stride, padding));
        var convolved = Convolutions.Of(ChannelsLast.Map(read), weight, bias, conv.Stride, isWhole ? (padding, padding) : (0, 0));
        return new(windows, ChannelsLast.Rows(convolved).MoveToOuterDisposeScope());
    }

    private MapPatch Pool(MaxPoolLayer pool, int number)
    {
        using var scope = NewDisposeScope();
        var windows = PatchOf(pool.Input).Windows.Reached(2, 2, 0, _shapes[number].Height, _shapes[number].Width);
        var pooled = nn.functional.max_pool2d(ChannelsLast.Map(Read(pool.Input, windows.Read(2, 2, 0))), 2);
        return new(windows, ChannelsLast.Rows(pooled).MoveToOuterDisposeScope());
    }

    private MapPatch Sum(SumLayer sum)
    {
        using var scope = NewDisposeScope();
        // The residual branch reaches farther than its shortcut.
        var residual = PatchOf(sum.Residual);
        return residual with { Values = Read(sum.Shortcut, residual.Windows).mul(Number.Of(sum.Factor)).add_(residual.Values, Number.One).MoveToOuterDisposeScope() };
    }

    private Tensor Head(HeadLayer head, int number)
    {
        var input = _shapes[head.Input];
        var pooled = Read(head.Input, MapWindows.Whole(_images.Count, input.Height, input.Width)).mean([1, 2]);
        return nn.functional.linear(pooled, _parameters[number]!.Value.Weight, _parameters[number]!.Value.Bias);
    }
}
