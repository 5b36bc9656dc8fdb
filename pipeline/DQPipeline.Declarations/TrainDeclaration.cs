namespace DQPipeline.Declarations;

/// <summary>A model to train (paper section 4): network, activation quantizer, Lipschitz penalty, optimizer and schedule.</summary>
public sealed record TrainDeclaration
{
    /// <summary>The target's name; for a member of a matrix <c>NAME@bits=4,beta=0.001</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>The entry of dq.json that it comes from; differs from <see cref="Name"/> for a member of a matrix.</summary>
    public string Group { get; init; } = "";

    /// <summary>Where dq.json declares it.</summary>
    public SourcePlace Place { get; init; }

    /// <summary>Name of the data set. Required.</summary>
    public string Dataset { get; init; } = "";

    /// <summary>
    /// <c>vgg-s</c>, <c>vgg-16</c>, <c>resnet-18</c> or <c>wrn-D-K</c> (depth D = 6n+4 from 10 to 100, widening factor K from 1 to 20); or the layers of a network of your own, as one text or in dq.json as
    /// { "layers": ["conv 32", "conv 64 5x5 /2", "block 64", "maxpool", "linear"] }. The default is vgg-s.
    /// </summary>
    public string Network { get; init; } = "vgg-s";

    /// <summary>
    /// How residual blocks join their branches: <c>sum</c>, or <c>convex</c> for α₁·shortcut + α₂·residual with α learned per block and kept on the simplex
    /// (paper section 4). The default is convex where the Lipschitz β is above 0 or a constraint is declared, else sum; networks without residual blocks (vgg) have sum.
    /// </summary>
    public string Residual { get; init; } = "sum";

    /// <summary>Passes over the training split. Range 0 to 10000, 0 only of weights that are taken as they are; the default is 10 (the paper: 200).</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Images a step. Range 1 to 65536; the default is 128.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>
    /// Type of feature maps and of the products in convolutions while training: <c>float32</c>, or <c>bfloat16</c>, which is half as fast again on AMD's
    /// processors with AVX512-BF16 and meant for AMX and newer GPUs, and slower elsewhere, Intel's with AVX512-BF16 alone among them. Weights, sums, statistics, the penalty and the trained model are float32 either way. The default is float32.
    /// </summary>
    public string Precision { get; init; } = "float32";

    /// <summary>
    /// Bits of a weight in the trained model: 8 ends the training by rounding each to the nearest of 255 evenly spaced values, the largest of its output channel at their end, so that
    /// the integer model computes the same; 32 leaves them as they are. Range 8 or 32; the default is 8 where activations are quantized, else 32 (the paper: 32).
    /// </summary>
    public int WeightBits { get; init; } = ActivationDeclaration.FullPrecision;

    /// <summary>Seed of initialisation, order and augmentation; the default is the pipeline's. Range 0 to 2147483647.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Defaults for what follows that make a defence, each of which may still be written: <c>dq</c> is the paper's penalty (lipschitz.beta 1e-3); <c>dq+</c> is R+FGSM adversarial training with
    /// activations where their levels lie, at ε = 2 in [0, 3], and up to 2 bits at ε = 1.5 in [0, 1.25]. The default is none.
    /// </summary>
    public string Defense { get; init; } = DefensePresets.None;

    /// <summary>Weights to start from, of PyTorch or any other tool. The default is to draw them.</summary>
    public WeightsDeclaration Weights { get; init; } = new();

    /// <summary>The activation and its quantizer.</summary>
    public ActivationDeclaration Activation { get; init; } = new();

    /// <summary>The Lipschitz penalty, or a constraint.</summary>
    public LipschitzDeclaration Lipschitz { get; init; } = new();

    /// <summary>What is minimised. The default is cross-entropy.</summary>
    public LossDeclaration Loss { get; init; } = new();

    /// <summary>Stochastic gradient descent.</summary>
    public OptimizerDeclaration Optimizer { get; init; } = new();

    /// <summary>The learning rate over time.</summary>
    public ScheduleDeclaration Schedule { get; init; } = new();

    /// <summary>Random changes to training images.</summary>
    public AugmentDeclaration Augment { get; init; } = new();

    /// <summary>Feature squeezing inside the network, before all else, in training and in use. The default is none.</summary>
    public SqueezeDeclaration Squeeze { get; init; } = new();

    /// <summary>Adversarial training. The default is none.</summary>
    public AdversarialDeclaration Adversarial { get; init; } = new();
}

/// <summary>A bounded activation and its uniform quantizer with straight-through gradient (paper section 2.1).</summary>
public sealed record ActivationDeclaration
{
    /// <summary>The value of <see cref="Bits"/> that stands for no quantization.</summary>
    public const int FullPrecision = 32;

    /// <summary>
    /// <c>relu6</c> clips to [0, 6], <c>relu1</c> to [0, 1], and so on with any bound from 0.1 to 99.99, the nearer to most activations the fewer bits there are; <c>tanh</c>, with range [−1, 1], is
    /// a baseline whose robustness is gradient masking (paper A.1). The default is relu6.
    /// </summary>
    public string Kind { get; init; } = "relu6";

    /// <summary>Bits of an activation: 1 to 8, on the 2^b levels that divide the range evenly, its ends among them; 32 is full precision. The default is 32.</summary>
    public int Bits { get; init; } = FullPrecision;

    /// <summary>The lower end of the range: 0, or −1 of tanh.</summary>
    public double LowerBound => ActivationNames.IsRectified(Kind) ? 0 : -1;

    /// <summary>The upper end of the range: the bound in the ReLU's name, or 1 of tanh.</summary>
    public double Bound => ActivationNames.Bound(Kind);

    /// <summary>Whether activations are quantized at all.</summary>
    public bool IsQuantized => Bits != FullPrecision;
}

/// <summary>What a model's training minimises, penalties aside. In dq.json a bare word stands for the loss with its defaults.</summary>
public sealed record LossDeclaration
{
    /// <summary>The value of <see cref="Kind"/> for the hinge.</summary>
    public const string MarginKind = "margin";

    /// <summary>
    /// <c>cross-entropy</c>, or <c>margin</c>: the hinge Σ_{j≠y} max(0, κ − (z_y − z_j)/‖w_y − w_j‖) on margins as distances of the features before the linear layer from where another class takes over, whose quotient
    /// with the features' Lipschitz constant is what a certificate tells. Without a constraint or penalty the features may grow instead. The default is cross-entropy.
    /// </summary>
    public string Kind { get; init; } = "cross-entropy";

    /// <summary>margin: κ, the distance from where on a margin costs nothing. Range 1e-06 to 1000000; the default is 1.</summary>
    public double Margin { get; init; } = 1;
}

/// <summary>The penalty (β/2)·Σ‖FᵀF − I‖² over all linear operators F, convolutions as cout × cin·k·k (paper equation 8), and a constraint on them.</summary>
public sealed record LipschitzDeclaration
{
    /// <summary>The value of <see cref="Constraint"/> that stands for none.</summary>
    public const string None = "none";

    /// <summary>The value of <see cref="Constraint"/> for a limit of spectral norms.</summary>
    public const string Spectral = "spectral";

    /// <summary>The value of <see cref="Constraint"/> for orthonormal weights.</summary>
    public const string Orthogonal = "orthogonal";

    /// <summary>β, its weight. Range 0 to 1; the default is 0, which is none (the paper: 3e-4 to 2e-3).</summary>
    public double Beta { get; init; }

    /// <summary>
    /// What F is: <c>weights</c> takes each weight matrix W, as the paper does; <c>folded</c> takes diag(γ/√(σ²+ε))·W where a batch norm follows W directly, which is what
    /// the network applies. The default is weights.
    /// </summary>
    public string Of { get; init; } = "weights";

    /// <summary>
    /// <c>orthogonal</c> pulls all singular values of F to 1, as the paper does; <c>bound</c> pulls down those above 1 and leaves the others. The default is orthogonal.
    /// </summary>
    public string Form { get; init; } = "orthogonal";

    /// <summary>
    /// Whether the linear layer that ends the network is penalised too, as in the paper. It scales logits, which changes no label: without its penalty the cross entropy may choose the scale
    /// that it likes. The default is true.
    /// </summary>
    public bool Linear { get; init; } = true;

    /// <summary>The share of the training that passes before the penalty or the constraint begins. Range 0 to 1; the default is 0.</summary>
    public double Delay { get; init; }

    /// <summary>The share of the training over which β then rises linearly from 0 to its value, and what a constraint allows falls to its limit: to twice the limit half-way, to ten times at a tenth. Range 0 to 1; the default is 0.</summary>
    public double Warmup { get; init; }

    /// <summary>
    /// What each step of training ends with, whatever β is: <c>spectral</c> divides an operator F, as the real convolution that it is, by what its norm exceeds <see cref="Limit"/>; <c>orthogonal</c> gives the reshaped weight orthonormal
    /// rows or columns, times the limit. Where <see cref="Of"/> is folded, γ is brought down so that F stays within the limit, batch norms that stand alone included. The default is none.
    /// </summary>
    public string Constraint { get; init; } = None;

    /// <summary>The largest norm that a constraint leaves to an operator. Range 0.001 to 1000; the default is 1.</summary>
    public double Limit { get; init; } = 1;
}

/// <summary>Stochastic gradient descent with momentum.</summary>
public sealed record OptimizerDeclaration
{
    /// <summary>The peak learning rate. Range 1e-8 to 100; the default is 0.1.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>Momentum. Range 0 to 0.9999; the default is 0.9.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Whether momentum looks ahead (Nesterov). The default is true, as in the Wide ResNet protocol that the paper follows.</summary>
    public bool Nesterov { get; init; } = true;

    /// <summary>L2 weight decay of convolution and linear weights. Range 0 to 1; the default is 5e-4 where the Lipschitz β is 0, else 0: the penalty takes its place.</summary>
    public double WeightDecay { get; init; }

    /// <summary>
    /// The longest that the gradient of the loss may be: the L2 norm of all parameters' gradients as one vector. A longer one is shortened to it, the penalty's and weight decay's come after it. Range 0 to 1e6; the default is 0: as long as it is.
    /// </summary>
    public double Clip { get; init; }

    /// <summary>
    /// Decay of an exponential moving average (EMA) of the weights and running statistics, which the trained model then has in the place of the last step's; at step t no more than (1 + t)/(10 + t). Range 0 to 0.99999; the default is 0: no average.
    /// </summary>
    public double Ema { get; init; }
}

/// <summary>How the learning rate moves over the training.</summary>
public sealed record ScheduleDeclaration
{
    /// <summary>
    /// <c>one-cycle</c> rises linearly to the peak and falls linearly to 0; <c>step</c> multiplies by <see cref="Gamma"/> at each milestone. The default is one-cycle.
    /// </summary>
    public string Kind { get; init; } = "one-cycle";

    /// <summary>one-cycle: the share of the training that the rise takes. Range 0 to 1; the default is 0.2.</summary>
    public double Warmup { get; init; } = 0.2;

    /// <summary>step: shares of the training at which the rate falls, rising, each between 0 and 1; the default is the paper's 60, 120 and 160 of 200 epochs.</summary>
    public IReadOnlyList<double> Milestones { get; init; } = [0.3, 0.6, 0.8];

    /// <summary>step: the factor at each milestone. Range 1e-6 to 1; the default is 0.2 (Wide ResNet).</summary>
    public double Gamma { get; init; } = 0.2;
}

/// <summary>Random changes to each training image, drawn per image.</summary>
public sealed record AugmentDeclaration
{
    /// <summary>Pixels of zero padding around an image before a random crop to its size; 0 is no crop. Range 0 to 64; the default is 4.</summary>
    public int Crop { get; init; } = 4;

    /// <summary>Whether images are mirrored with probability 1/2; the default is what the data set's kind allows (natural images yes, digits no).</summary>
    public bool Flip { get; init; }
}
