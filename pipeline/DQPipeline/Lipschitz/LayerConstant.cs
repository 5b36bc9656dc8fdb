namespace DQPipeline.Lipschitz;

/// <summary>How much a layer can expand a difference between two inputs, in L2.</summary>
/// <param name="Name">The layer's name in the model file; a batch norm that is folded into a convolution is not listed by itself.</param>
/// <param name="Kind"><c>input</c>, <c>convolution</c>, <c>folded convolution</c> (with the batch norm after it), <c>batch norm</c>, <c>activation</c>, <c>max pool</c>, <c>sum</c>, <c>average pool</c> or <c>linear</c>.</param>
/// <param name="Estimate">Its spectral norm by power iteration, never above the true one beyond rounding; exact where no iteration is needed. For a sum, whose branches are added, null.</param>
/// <param name="Iterations">Iterations that the estimate took; 0 where it is exact.</param>
/// <param name="Residual">‖AᵀAv − λv‖/λ at the last iteration; 0 where the estimate is exact.</param>
/// <param name="Bound">A number that the norm does not exceed; null for a sum.</param>
/// <param name="Path">A number that the Lipschitz constant from the image in [0,1] up to this layer's output does not exceed.</param>
public sealed record LayerConstant(string Name, string Kind, double? Estimate, int Iterations, double Residual, double? Bound, double Path);
