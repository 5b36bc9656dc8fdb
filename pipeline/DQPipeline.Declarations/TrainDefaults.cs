namespace DQPipeline.Declarations;

/// <summary>The defaults of a model's options that follow from its other ones.</summary>
internal static class TrainDefaults
{
    /// <summary>Of <see cref="TrainDeclaration.Residual"/>.</summary>
    public static string Residual(TrainDeclaration train) =>
        NetworkNames.HasResidualSums(train.Network) && (train.Lipschitz.Beta > 0 || train.Lipschitz.Constraint != LipschitzDeclaration.None) ? "convex" : "sum";

    /// <summary>Of <see cref="TrainDeclaration.WeightBits"/>.</summary>
    public static int WeightBits(TrainDeclaration train) => train.Activation.IsQuantized ? 8 : ActivationDeclaration.FullPrecision;

    /// <summary>Of <see cref="OptimizerDeclaration.WeightDecay"/>.</summary>
    public static double WeightDecay(TrainDeclaration train) => train.Lipschitz.Beta > 0 ? 0 : 5e-4;
}
