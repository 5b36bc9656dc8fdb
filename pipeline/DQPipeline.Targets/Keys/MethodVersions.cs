namespace DQPipeline.Targets.Keys;

/// <summary>
/// The versions of the method's code, part of every key: whoever changes what a worker computes for the same declaration raises the version of its kind.
/// </summary>
/// <param name="Train">Version of training, data generation included, say <c>train/1</c>.</param>
/// <param name="Evaluate">Version of attacks and evaluation, data generation included, say <c>evaluate/1</c>.</param>
/// <param name="Quantize">Version of integer models and of their files, data generation included, say <c>quantize/1</c>.</param>
/// <param name="Package">Version of what packages hold, say <c>package/1</c>.</param>
public sealed record MethodVersions(string Train, string Evaluate, string Quantize, string Package);
