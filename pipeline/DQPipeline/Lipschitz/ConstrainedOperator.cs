using DQPipeline.Native;
using DQPipeline.Networks;
using DQPipeline.Quantization;
using static TorchSharp.torch;
using Linear = TorchSharp.Modules.Linear;
using Parameter = TorchSharp.Modules.Parameter;

namespace DQPipeline.Lipschitz;

/// <summary>A linear operator of a network in training: a weight where it is used, or a batch norm that stands alone.</summary>
/// <param name="Name">Its name in the model file.</param>
/// <param name="Weight">float32 cout×cin×k×k or cout×cin; null of a batch norm that stands alone.</param>
/// <param name="Norm">The batch norm that follows directly, or that stands alone; null where there is none.</param>
/// <param name="Stride">Step between a convolution's windows.</param>
/// <param name="Height">Rows of the map that a convolution is given.</param>
/// <param name="Width">Columns of the map that a convolution is given.</param>
internal sealed record ConstrainedOperator(string Name, Parameter? Weight, BatchNormalization? Norm = null, int Stride = 1, int Height = 1, int Width = 1)
{
    /// <summary>The operators of a network in the order in which an image meets them.</summary>
    public static IReadOnlyList<ConstrainedOperator> Of(Classifier network)
    {
        var walk = new Walk();
        network.Accept(walk);
        return walk.Operators;
    }

    /// <summary>√(σ² + ε) of the batch norm, C values.</summary>
    public Tensor Deviation() => Norm!.RunningVariance.add(Number.Of(BatchNormalization.Epsilon), Number.One).sqrt_();

    /// <summary>The weight as an operator, its rows times <paramref name="gain"/> where one is given.</summary>
    /// <param name="gain">cout values.</param>
    public ILinearOperator Operation(Tensor? gain)
    {
        var weight = Weight!.detach();
        if (gain is not null)
            weight = weight.mul(gain.reshape([-1, .. Enumerable.Repeat(1L, (int)weight.dim() - 1)]));
        return weight.dim() == 2 ? new MatrixOperator(weight) : new ConvolutionOperator(weight, Stride, Height, Width);
    }

    /// <summary>Collects operators on its way.</summary>
    private sealed class Walk : ILayerVisitor
    {
        private readonly List<(int Height, int Width, int? Made)> maps = [];
        private readonly Dictionary<BatchNormalization, string> norms = [];

        public List<ConstrainedOperator> Operators { get; } = [];

        public int Image(NetworkDescription description) => Add(description.Height, description.Width);

        public int Convolve(int input, string name, Convolution convolution)
        {
            var (height, width, _) = maps[input];
            Operators.Add(new(name, convolution.Weight, null, convolution.Stride, height, width));
            var operation = new ConvolutionOperator(convolution.Weight, convolution.Stride, height, width);
            return Add(operation.OutputHeight, operation.OutputWidth, Operators.Count - 1);
        }

        public int Normalize(int input, string name, BatchNormalization norm, Tensor? factor = null)
        {
            norms[norm] = name;
            if (maps[input].Made is { } made)
                Operators[made] = Operators[made] with { Norm = norm };
            else
                Operators.Add(new(name, null, norm));
            return Add(maps[input].Height, maps[input].Width);
        }

        public int Activate(int input, string name, BoundedActivation activation) => Add(maps[input].Height, maps[input].Width);

        public int Pool(int input, string name) => Add(maps[input].Height / 2, maps[input].Width / 2);

        public int Sum(int shortcut, Tensor? factor, int residual, string name)
        {
            // What a shortcut takes past a batch norm is the convolution's own: the two are held apart (the stem of wrn-D-1).
            if (maps[shortcut].Made is { } made && Operators[made].Norm is { } norm)
            {
                Operators[made] = Operators[made] with { Norm = null };
                Operators.Insert(made + 1, new(norms[norm], null, norm));
                for (var map = 0; map < maps.Count; map++)
                    maps[map] = maps[map] with { Made = maps[map].Made > made ? maps[map].Made + 1 : maps[map].Made };
            }

            return Add(maps[residual].Height, maps[residual].Width);
        }

        public void Head(int input, string name, Linear linear) => Operators.Add(new(name, linear.weight!));

        private int Add(int height, int width, int? made = null)
        {
            maps.Add((height, width, made));
            return maps.Count - 1;
        }
    }
}
