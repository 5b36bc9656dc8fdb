using System.Collections.Concurrent;
using TorchSharp;

namespace DQPipeline.Native;

/// <summary>
/// Numbers for torch's operators. TorchSharp makes an object of each number that an operator is given, hands its pointer to libtorch and lets go of it: a garbage collection
/// on another thread at that moment frees what libtorch is about to read (0.107.0; the tests have the proof). So no number is converted implicitly in this assembly, which a
/// test holds it to, and every one is held until the operator has returned.
/// </summary>
internal static class Number
{
    private static readonly ConcurrentDictionary<double, Scalar> Doubles = [];
    private static readonly ConcurrentDictionary<long, Scalar> Wholes = [];

    /// <summary>1, the factor of plain sums, for which the operators without it make one of their own.</summary>
    public static Scalar One { get; } = Of(1L);

    /// <summary>A number of which there are few in a program: it is kept for good.</summary>
    public static Scalar Of(double value) => Doubles.GetOrAdd(value, static number => number.ToScalar());

    /// <inheritdoc cref="Of(double)"/>
    public static Scalar Of(long value) => Wholes.GetOrAdd(value, static number => number.ToScalar());

    /// <summary>A number that hardly comes again: whoever asks for it holds it with <c>using</c>.</summary>
    public static Scalar New(double value) => value.ToScalar();
}
