namespace DQPipeline;

/// <summary>
/// The versions of the method's code, part of every key: whoever changes what training or evaluation computes for the same declaration raises its number.
/// Constants, so that the front end reads them without loading this assembly.
/// </summary>
public static class MethodVersion
{
    /// <summary>Of training: data generation, augmentation, networks, optimizer.</summary>
    public const string Train = "train/2";

    /// <summary>Of evaluation: data generation, sampling, attacks, distances, samples.</summary>
    public const string Evaluate = "evaluate/4";

    /// <summary>Of integer models: data generation, sampling, calibration, rounding, the layout of the file.</summary>
    public const string Quantize = "quantize/3";

    /// <summary>Version of what packages hold besides their model.</summary>
    public const string Package = "package/2";
}
