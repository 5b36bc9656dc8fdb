using DQPipeline.Attacks.Windows;
using DQPipeline.Native;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>A network under attack: it answers with logits and with gradients, and counts what it is asked.</summary>
/// <param name="network">The network, frozen.</param>
/// <param name="averaged">Passes of which the mean is taken, for networks that answer the same image differently (expectation over transformation, Athalye et al. 2018); 1 for others.</param>
/// <param name="onPass">Told the number of images after each pass.</param>
/// <param name="cancellation">Checked before each pass.</param>
internal sealed class Victim(Classifier network, int averaged, Action<int>? onPass, CancellationToken cancellation)
{
    /// <summary>The number of its classes K.</summary>
    public int Classes => network.Description.Classes;

    /// <summary>float32 N×K, in the current scope.</summary>
    public Tensor Logits(Tensor images)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return Mean(() => Pass(images).to(ScalarType.Float32)).MoveToOuterDisposeScope();
    }

    /// <summary>The logits, float32 N×K, and the gradient by the images of what has the slope <paramref name="slope"/> by them, of the images' shape; both in the current scope.</summary>
    public (Tensor Logits, Tensor Gradient) Follow(Tensor images, Func<Tensor, Tensor> slope)
    {
        using var scope = NewDisposeScope();
        var gradients = new List<Tensor>(averaged);
        var logits = Mean(() =>
        {
            using var grad = enable_grad();
            using var inner = NewDisposeScope();
            var leaf = images.detach().requires_grad_(true);
            var answer = Pass(leaf);
            Tensor direction;
            using (no_grad())
                direction = slope(answer.detach());
            gradients.Add(autograd.grad([answer], [leaf], [direction])[0].MoveToOuterDisposeScope());
            return answer.detach().MoveToOuterDisposeScope();
        });
        using var noGrad = no_grad();
        var next = 0;
        var gradient = Mean(() => gradients[next++]);
        return (logits.MoveToOuterDisposeScope(), gradient.MoveToOuterDisposeScope());
    }

    /// <summary>The network prepared for images that change in a window at a time; null where it is to look at whole ones.</summary>
    /// <param name="images">How many images it is to remember.</param>
    public WindowedNetwork? Windowed(int images) => averaged == 1 ? WindowedNetwork.TryCreate(network, images) : null;

    /// <summary>Counts a pass of so many images, before which it may be cancelled.</summary>
    public T Count<T>(int images, Func<T> pass)
    {
        cancellation.ThrowIfCancellationRequested();
        var answer = pass();
        onPass?.Invoke(images);
        return answer;
    }

    private Tensor Pass(Tensor images) => Count((int)images.shape[0], () => network.forward(images));

    private Tensor Mean(Func<Tensor> answer)
    {
        var sum = answer();
        for (var i = 1; i < averaged; i++)
            sum.add_(answer(), Number.One);
        return averaged == 1 ? sum : sum.div_(Number.Of(averaged));
    }
}
