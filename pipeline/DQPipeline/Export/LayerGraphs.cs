using DQPipeline.Evaluation;
using DQPipeline.Native;
using DQPipeline.Networks;
using DQPipeline.Onnx.Graphs;
using DQPipeline.Quantization;
using static TorchSharp.torch;
using Linear = TorchSharp.Modules.Linear;

namespace DQPipeline.Export;

/// <summary>A trained network as the layers that it is deployed as, without TorchSharp behind them.</summary>
public static class LayerGraphs
{
    /// <summary>The layers of a network in evaluation mode, batch norms folded into the convolutions before them where no one else reads these.</summary>
    /// <exception cref="NotSupportedException">The network is not one of those that the product builds.</exception>
    public static LayerGraph Of(Classifier network)
    {
        var recorder = new Recorder();
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        network.Accept(recorder);
        var shape = network.Description;
        return Folding.Fold(new LayerGraph(recorder.Layers, shape.Channels, shape.Height, shape.Width, shape.Classes));
    }

    private sealed class Recorder : ILayerVisitor
    {
        public List<Layer> Layers { get; } = [];

        public int Image(NetworkDescription description) => Add(new ImageLayer("image", description.Squeeze.Bits, description.Squeeze.Median));

        public int Convolve(int input, string name, Convolution convolution)
        {
            var shape = convolution.Weight.shape;
            var weight = convolution.Factor is { } factor ? convolution.Weight.mul(factor()) : convolution.Weight;
            var bias = new float[shape[0]];
            return Add(new ConvolutionLayer(name, input, Floats(weight), bias, (int)shape[0], (int)shape[1], (int)shape[2], convolution.Stride));
        }

        public int Normalize(int input, string name, BatchNormalization norm, Tensor? factor = null)
        {
            // In float64: what is rounded once here is what the file holds.
            var scale = norm.Weight.to(ScalarType.Float64) / norm.RunningVariance.to(ScalarType.Float64).add(Number.Of(BatchNormalization.Epsilon), Number.One).sqrt();
            var shift = norm.Bias.to(ScalarType.Float64) - (norm.RunningMean.to(ScalarType.Float64) * scale);
            if (factor is not null)
                (scale, shift) = (scale * factor, shift * factor);
            return Add(new AffineLayer(name, input, Floats(scale), Floats(shift)));
        }

        public int Activate(int input, string name, BoundedActivation activation) =>
            Add(new ActivationLayer(name, input, !activation.IsRectified, (float)activation.Bound, activation.Steps));

        public int Pool(int input, string name) => Add(new MaxPoolLayer(name, input));

        public int Sum(int shortcut, Tensor? factor, int residual, string name) => Add(new SumLayer(name, shortcut, factor is null ? 1 : factor.item<float>(), residual));

        public void Head(int input, string name, Linear linear) => Add(new HeadLayer(name, input, Floats(linear.weight!), Floats(linear.bias!)));

        private static float[] Floats(Tensor values) => Predictor.ToArray<float>(values.to(ScalarType.Float32));

        private int Add(Layer layer)
        {
            Layers.Add(layer);
            return Layers.Count - 1;
        }
    }
}
