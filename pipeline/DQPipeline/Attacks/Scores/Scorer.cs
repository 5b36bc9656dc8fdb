namespace DQPipeline.Attacks.Scores;

/// <summary>Asks a model for its logits and for nothing else: all that a score-based attack needs, whatever the model is made of.</summary>
/// <param name="images">N images in [0,1], N×C×H×W.</param>
/// <param name="count">N.</param>
/// <param name="logits">To be filled, N×K.</param>
public delegate void Scorer(ReadOnlySpan<float> images, int count, Span<float> logits);
