using System.Text.Json.Serialization;
using DQPipeline.Targets.Records;

namespace DQPipeline.Targets.Workers;

// The JSON reader sets absent init-only properties to null, whatever their initializer says: hence the accessors that put the default back.

/// <summary>What a worker reports: one line of JSON on its standard output each. Lines that are no JSON object go to the log.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(ProgressEvent), "progress")]
[JsonDerivedType(typeof(MessageEvent), "message")]
[JsonDerivedType(typeof(ResumedEvent), "resumed")]
[JsonDerivedType(typeof(CellEvent), "cell")]
[JsonDerivedType(typeof(DiagnosticEvent), "diagnostic")]
[JsonDerivedType(typeof(DoneEvent), "done")]
public abstract record WorkerEvent;

/// <summary>How far the work is.</summary>
public sealed record ProgressEvent : WorkerEvent
{
    /// <summary>What is being done, say <c>loading</c>, <c>training</c>, <c>pgd@8</c>.</summary>
    public string Phase { get; init => field = value ?? ""; } = "";

    /// <summary>Steps (batches) done, from 0. More than 0 says that the worker has read its data: it reads nothing of them afterwards.</summary>
    public long Step { get; init; }

    /// <summary>Steps in all; 0 where unknown.</summary>
    public long Steps { get; init; }

    /// <summary>The epoch in work, from 1; 0 outside training.</summary>
    public int Epoch { get; init; }

    /// <summary>Epochs in all.</summary>
    public int Epochs { get; init; }

    /// <summary>Mean cross-entropy of late, if any.</summary>
    public double? Loss { get; init; }

    /// <summary>Share of right answers of late, 0 to 1, if any.</summary>
    public double? Accuracy { get; init; }

    /// <summary>The Lipschitz penalty of late, if any.</summary>
    public double? Penalty { get; init; }

    /// <summary>Images per second of late, if known.</summary>
    public double? ImagesPerSecond { get; init; }

    /// <summary>Seconds left, if they can be told.</summary>
    public double? SecondsLeft { get; init; }
}

/// <summary>A sentence for people.</summary>
public sealed record MessageEvent(string Text) : WorkerEvent;

/// <summary>The work goes on from a checkpoint.</summary>
/// <param name="Step">Steps that were already done, more than 0.</param>
public sealed record ResumedEvent(long Step) : WorkerEvent;

/// <summary>The result of one cell of an <see cref="EvaluateJob"/>.</summary>
/// <param name="Id">The id of <see cref="EvaluateCell"/>.</param>
/// <param name="Samples">Images measured, from 1.</param>
/// <param name="Correct">Images still classified rightly, 0 to <paramref name="Samples"/>.</param>
/// <param name="Standing">Which of the images these are (<see cref="Records.Standing"/>).</param>
public sealed record CellEvent(string Id, int Samples, int Correct, string Standing) : WorkerEvent
{
    /// <summary>Signs that gradients are masked; null where none were looked for.</summary>
    public CellHealth? Health { get; init; }

    /// <summary>What the detector of <see cref="EvaluateJob.Detector"/> said; null where there is none.</summary>
    public CellDetection? Detection { get; init; }
}

/// <summary>How far the gradients of a cell can be trusted.</summary>
/// <param name="ZeroGradient">Images right when clean whose loss has a gradient of zero in every pixel: when clean, or under an attack at some step of every run.</param>
/// <param name="Saturated">When clean: images right whose cross entropy is 0 in float32, so that a textbook attack would follow nothing; null under an attack.</param>
/// <param name="FirstRun">Under an attack of several runs: images that withstand the first; null otherwise.</param>
public sealed record CellHealth(int ZeroGradient, int? Saturated, int? FirstRun);

/// <summary>How a detector judged the images of a cell.</summary>
/// <param name="Images">Images shown to it: all samples when clean; under an attack the adversarial versions of those right when clean.</param>
/// <param name="Flagged">Of these, the ones that it takes for adversarial: false alarms when clean.</param>
/// <param name="Successful">Adversarial images that the model gets wrong; 0 when clean.</param>
/// <param name="Detected">Of the successful ones, those that it takes for adversarial.</param>
public sealed record CellDetection(int Images, int Flagged, int Successful, int Detected);

/// <summary>A coded finding; an error means that the worker ends without a result.</summary>
public sealed record DiagnosticEvent : WorkerEvent
{
    /// <summary>The code, DQ1000 to DQ6999.</summary>
    public required string Code { get; init; }

    /// <summary>What is wrong and how it is mended.</summary>
    public required string Message { get; init; }

    /// <summary><c>error</c> or <c>warning</c>.</summary>
    public string Severity { get; init => field = value ?? "error"; } = "error";

    /// <summary>The file it is about, if any.</summary>
    public string? File { get; init; }

    /// <summary>1-based line; 0 where there is none.</summary>
    public int Line { get; init; }

    /// <summary>1-based column; 0 where there is none.</summary>
    public int Column { get; init; }
}

/// <summary>The work is complete: every output is whole and on disk. The last event.</summary>
public sealed record DoneEvent : WorkerEvent
{
    /// <summary>Names of the files in the job's output folder, as the target promises them.</summary>
    public IReadOnlyList<string> Outputs { get; init => field = value ?? []; } = [];

    /// <summary>Numbers worth recording in dq.lock, reproducible ones only (never a time or a speed).</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init => field = value ?? new Dictionary<string, double>(); } = new Dictionary<string, double>();

    /// <summary>The epochs of a training.</summary>
    public IReadOnlyList<TrainingEpoch> Epochs { get; init => field = value ?? []; } = [];
}
