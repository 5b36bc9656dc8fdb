using DQPipeline.Native;
using DQPipeline.Networks;
using static TorchSharp.torch;

namespace DQPipeline.Attacks;

/// <summary>
/// The sign of ∇ₓL, L the cross entropy of a network's logits z for the true class y, for each image of a batch by itself.
/// </summary>
/// <remarks>
/// <para>
/// ∇L = Σⱼ pⱼ∇zⱼ − ∇z_y = (1 − p_y)·(Σ_{j≠y} qⱼ∇zⱼ − ∇z_y), with q the softmax over the wrong classes alone. The factor is positive and the
/// same for all pixels of an image, so the sign needs only the bracket. That matters: float32 rounds p_y to 1 once the margin passes 17, from where the
/// textbook gradient first loses its ∇z_y and then vanishes, and confident networks look robust that are not. The bracket never saturates.
/// </para>
/// <para>A mean over the batch would scale the gradient down by its size for nothing, so none is taken. sign(0) is 0: dead pixels stay.</para>
/// </remarks>
internal sealed class LossGradient
{
    private readonly Classifier network;
    private readonly Tensor trueClass;
    private readonly Action? onGradient;
    private readonly CancellationToken cancellation;
    private readonly Tensor alive;

    /// <summary>For the batch with these classes (int64 N). Tensors belong to the current scope.</summary>
    public LossGradient(Classifier network, Tensor classes, Action? onGradient, CancellationToken cancellation)
    {
        this.network = network;
        this.onGradient = onGradient;
        this.cancellation = cancellation;
        trueClass = classes.unsqueeze(1);
        alive = ones_like(classes, dtype: ScalarType.Bool);
    }

    /// <summary>sign(∇L) at <paramref name="images"/>, of their shape, in the current scope. Fewer images than classes are the first of the batch.</summary>
    public Tensor Sign(Tensor images)
    {
        cancellation.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var leaf = images.detach().requires_grad_(true);
        var logits = network.forward(leaf);
        var sign = autograd.grad([logits], [leaf], [LogitGradient(logits)])[0].sign_();
        using (no_grad())
            alive.narrow(0, 0, images.shape[0]).logical_and_(sign.flatten(1).any(1, false));
        onGradient?.Invoke();
        return sign.MoveToOuterDisposeScope();
    }

    /// <summary>For each image, whether its gradient was zero in every pixel at some step.</summary>
    public bool[] Stalled()
    {
        using var scope = NewDisposeScope();
        return alive.logical_not().cpu().data<bool>().ToArray();
    }

    /// <summary>The bracket's derivative by the logits: q over the wrong classes, −1 at the true one.</summary>
    private Tensor LogitGradient(Tensor logits)
    {
        using var noGrad = no_grad();
        var index = trueClass.narrow(0, 0, logits.shape[0]);
        var wrong = logits.detach().scatter(1, index, full_like(index, Number.Of(double.NegativeInfinity), dtype: logits.dtype));
        return wrong.softmax(1).scatter_(1, index, full_like(index, Number.Of(-1), dtype: logits.dtype));
    }
}
