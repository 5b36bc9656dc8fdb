using System.Globalization;
using DQPipeline.Declarations;
using DQPipeline.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DQPipeline.Networks;

/// <summary>
/// A network as a list of layers (<see cref="NetworkLayer"/>) one after the other. Convolutions are called <c>conv1</c>, <c>conv2</c>, … with <c>norm1</c>, … after them, residual blocks <c>block1</c>, …,
/// and the last layer <c>linear</c>: the names that model files have.
/// </summary>
internal sealed class LayeredNetwork : Classifier
{
    private readonly List<Stage> stages = [];
    private readonly Linear linear;

    /// <summary>Builds the network.</summary>
    /// <param name="description">Its description.</param>
    /// <param name="list">Its layers, as <see cref="LayerList"/> lets them through.</param>
    /// <param name="layers">Makes the layers.</param>
    public LayeredNetwork(NetworkDescription description, IReadOnlyList<NetworkLayer> list, LayerFactory layers) : base(description)
    {
        var activation = new BoundedActivation(description.Activation);
        var channels = description.Channels;
        var (convolutions, blocks) = (0, 0);
        foreach (var layer in list)
        {
            switch (layer.Kind)
            {
                case NetworkLayerKind.Convolution:
                    var number = (++convolutions).ToString(CultureInfo.InvariantCulture);
                    var convolution = layers.Convolution(channels, layer.Channels, layer.Kernel, layer.Stride);
                    var norm = layers.Norm(layer.Channels, activation);
                    register_module($"conv{number}", convolution);
                    register_module($"norm{number}", norm);
                    stages.Add(new ConvolutionStage($"conv{number}", convolution, $"norm{number}", norm));
                    channels = layer.Channels;
                    break;
                case NetworkLayerKind.Block:
                    var name = string.Create(CultureInfo.InvariantCulture, $"block{++blocks}");
                    var block = new BasicBlock(channels, layer.Channels, layer.Stride, activation, layers.Sum(description), layers);
                    register_module(name, block);
                    stages.Add(new BlockStage(name, block));
                    channels = layer.Channels;
                    break;
                case NetworkLayerKind.MaxPool:
                    stages.Add(new PoolStage($"{stages[^1].Name}.pool"));
                    break;
            }
        }

        linear = layers.Linear(channels, description.Classes);
        register_module("linear", linear);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightLayer> WeightLayers => [.. stages.SelectMany(stage => stage.WeightLayers), new("linear", linear.weight!, null)];

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> ConvexCoefficients => [.. stages.OfType<BlockStage>().Select(stage => stage.Block.Sum.Coefficients).OfType<Parameter>()];

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        var x = Centre(input);
        foreach (var stage in stages)
            x = stage.Run(x);
        return Pooled(x, linear);
    }

    /// <inheritdoc/>
    internal override void Accept(ILayerVisitor visitor)
    {
        var x = visitor.Image(Description);
        foreach (var stage in stages)
            x = stage.Accept(visitor, x);
        visitor.Head(x, nameof(linear), linear);
    }

    /// <summary>What one entry of the list became.</summary>
    private abstract class Stage(string name)
    {
        public string Name { get; } = name;

        public virtual IEnumerable<WeightLayer> WeightLayers => [];

        /// <summary>The next map; the one that comes in is given up.</summary>
        public abstract Tensor Run(Tensor x);

        /// <summary>Leads a visitor through; the number of the result.</summary>
        public abstract int Accept(ILayerVisitor visitor, int input);
    }

    private sealed class ConvolutionStage(string name, Convolution convolution, string normName, NormalizedActivation norm) : Stage(name)
    {
        public override IEnumerable<WeightLayer> WeightLayers => [new(Name, convolution.Weight, norm)];

        public override Tensor Run(Tensor x)
        {
            x = Replace(x, convolution.call(x));
            return Replace(x, norm.call(x));
        }

        public override int Accept(ILayerVisitor visitor, int input) => visitor.Activate(visitor.Convolve(input, Name, convolution), normName, norm);
    }

    private sealed class BlockStage(string name, BasicBlock block) : Stage(name)
    {
        public BasicBlock Block => block;

        public override IEnumerable<WeightLayer> WeightLayers => block.WeightLayers.Select(layer => layer.Within(Name));

        public override Tensor Run(Tensor x) => Replace(x, block.call(x));

        public override int Accept(ILayerVisitor visitor, int input) => block.Accept(visitor, input, Name);
    }

    private sealed class PoolStage(string name) : Stage(name)
    {
        public override Tensor Run(Tensor x) => Replace(x, nn.functional.max_pool2d(x, 2));

        public override int Accept(ILayerVisitor visitor, int input) => visitor.Pool(input, Name);
    }
}
