namespace DQPipeline.Onnx.Quantization;

/// <summary>How the range of a byte grid follows from the values that calibration saw.</summary>
public enum CalibrationMethod
{
    /// <summary>The smallest and the largest value.</summary>
    Range,

    /// <summary>The range that holds all but a share of the values, split evenly between its ends.</summary>
    Percentile,

    /// <summary>The range, the full one or a shrunken one, whose grid has the smallest mean squared error.</summary>
    MeanSquaredError,
}
