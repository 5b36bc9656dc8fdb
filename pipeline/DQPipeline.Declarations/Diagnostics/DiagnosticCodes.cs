namespace DQPipeline.Declarations;

/// <summary>
/// Every code that a diagnostic can carry. DQ1xxx declarations, DQ2xxx data, DQ3xxx training and native backend,
/// DQ4xxx robustness gates, DQ5xxx packaging and deployment, DQ6xxx cache and executors. tool/DIAGNOSTICS.md has a line with the mend for each.
/// </summary>
public static class DiagnosticCodes
{
    /// <summary>dq.json is not JSON.</summary>
    public const string Syntax = "DQ1001";

    /// <summary>A key that no declaration has.</summary>
    public const string UnknownKey = "DQ1002";

    /// <summary>A value of the wrong JSON type.</summary>
    public const string WrongType = "DQ1003";

    /// <summary>A value out of its range, or a word that is not one of the known ones.</summary>
    public const string OutOfRange = "DQ1004";

    /// <summary>A name that nothing declares.</summary>
    public const string UnknownName = "DQ1005";

    /// <summary>Declarations that extend or need one another in a circle.</summary>
    public const string Cycle = "DQ1006";

    /// <summary>A key or a name that is declared twice.</summary>
    public const string Duplicate = "DQ1007";

    /// <summary>A required key is missing.</summary>
    public const string MissingKey = "DQ1008";

    /// <summary>A name that cannot be a target's: letters, digits, '-', '_' and '+' are allowed.</summary>
    public const string BadName = "DQ1009";

    /// <summary>No dq.json where one was expected.</summary>
    public const string FileMissing = "DQ1010";

    /// <summary>A <c>--set path=value</c> that names nothing, or is no assignment.</summary>
    public const string BadOverride = "DQ1011";

    /// <summary>A gate on a measurement that the evaluation does not make.</summary>
    public const string GateUnmeasured = "DQ1012";

    /// <summary>An environment variable that a path needs is not set.</summary>
    public const string EnvironmentMissing = "DQ1013";

    /// <summary>MSBuild items beside a dq.json of another folder.</summary>
    public const string ItemsElsewhere = "DQ1014";

    /// <summary>The data are not where the declaration says.</summary>
    public const string DataMissing = "DQ2001";

    /// <summary>A data file is damaged, cut short or of another format.</summary>
    public const string DataCorrupt = "DQ2002";

    /// <summary>An image has another size than the rest, and no resizing was asked for.</summary>
    public const string ImageSize = "DQ2003";

    /// <summary>An archive entry that points out of its archive, or that would unpack to more than it may; a pickle that asks for code.</summary>
    public const string UnsafeArchive = "DQ2004";

    /// <summary>The data are readable, but unfit: a class without images, too few samples, too few classes.</summary>
    public const string DataUnfit = "DQ2005";

    /// <summary>A download failed, or brought other bytes than published.</summary>
    public const string Download = "DQ2006";

    /// <summary>A file of weights to start from is absent, damaged, or does not fit the network.</summary>
    public const string Weights = "DQ2007";

    /// <summary>A file of weights to start from holds more than the network takes.</summary>
    public const string WeightsUnused = "DQ2008";

    /// <summary>No libtorch was found.</summary>
    public const string BackendMissing = "DQ3001";

    /// <summary>libtorch was found, but does not load.</summary>
    public const string BackendBroken = "DQ3002";

    /// <summary>The device that was asked for is not there.</summary>
    public const string DeviceMissing = "DQ3003";

    /// <summary>Training diverged: the loss is not a finite number.</summary>
    public const string Diverged = "DQ3004";

    /// <summary>A model file is damaged, foreign, or does not fit its network.</summary>
    public const string ModelCorrupt = "DQ3005";

    /// <summary>A checkpoint could not be read and was left aside; training starts over.</summary>
    public const string CheckpointUnusable = "DQ3006";

    /// <summary>Memory ran out.</summary>
    public const string OutOfMemory = "DQ3007";

    /// <summary>A robustness gate failed.</summary>
    public const string GateFailed = "DQ4001";

    /// <summary>A gate has no measurement to be held against.</summary>
    public const string GateUndecided = "DQ4002";

    /// <summary>Gradients may be masked: images made on another model break more than the model's own gradient does.</summary>
    public const string BlackBoxBeatsWhiteBox = "DQ4101";

    /// <summary>Gradients may be masked: a single step breaks more than many.</summary>
    public const string SingleStepBeatsIterated = "DQ4102";

    /// <summary>Gradients may be masked: Square, which sees none, breaks more than Auto-PGD.</summary>
    public const string SquareBeatsAutoPgd = "DQ4103";

    /// <summary>Gradients may be masked: accuracy does not fall as the strength doubles.</summary>
    public const string StrengthDoesNotMatter = "DQ4104";

    /// <summary>Gradients may be masked: some images withstand a strength that nothing can.</summary>
    public const string LargeStrengthLeavesSome = "DQ4105";

    /// <summary>Gradients are masked: there is none, or no loss to follow.</summary>
    public const string GradientsVanish = "DQ4106";

    /// <summary>Gradients may be masked: which images break is a matter of the random start.</summary>
    public const string RestartsMatter = "DQ4107";

    /// <summary>A deployed model file is damaged, foreign, or asks for more memory than it may.</summary>
    public const string DeployedModelCorrupt = "DQ5001";

    /// <summary>A quantized model is right about fewer images than the trained one, by more than was allowed.</summary>
    public const string QuantizationLoss = "DQ5002";

    /// <summary>A model cannot be exported as was asked.</summary>
    public const string CannotExport = "DQ5003";

    /// <summary>An entry of the cache does not hold the bytes its name promises; it was removed.</summary>
    public const string CacheCorrupt = "DQ6001";

    /// <summary>dq.lock cannot be read: merge-conflict markers, damage, or a newer version.</summary>
    public const string LockUnreadable = "DQ6002";

    /// <summary>The worker process ended without a result (killed, out of memory, crashed).</summary>
    public const string WorkerDied = "DQ6003";

    /// <summary>A file or folder could not be written: read-only, full, or forbidden.</summary>
    public const string CannotWrite = "DQ6004";

    /// <summary>The build is <c>--locked</c>, and dq.lock does not match.</summary>
    public const string Locked = "DQ6005";

    /// <summary>A target was not built because one that it needs failed, or its optional data are absent.</summary>
    public const string Skipped = "DQ6006";

    /// <summary>Another build works in this folder.</summary>
    public const string Busy = "DQ6007";

    /// <summary>The MSBuild package and the tool that it runs are of different versions.</summary>
    public const string VersionMismatch = "DQ6008";

    /// <summary>git could not tell what dq.json and dq.lock were at a revision.</summary>
    public const string RevisionUnreadable = "DQ6009";

    /// <summary>The remote cache does not answer, or takes nothing.</summary>
    public const string RemoteUnreachable = "DQ6010";

    /// <summary>The remote cache has what cannot be believed, or cannot be signed for.</summary>
    public const string RemoteUntrusted = "DQ6011";

    /// <summary>A cluster refuses a job, or does not answer.</summary>
    public const string ClusterRefuses = "DQ6020";

    /// <summary>A cluster ended a job: cancelled, out of time, forgotten.</summary>
    public const string ClusterEnded = "DQ6021";

    /// <summary>The work was submitted to a cluster and has not come back.</summary>
    public const string SubmittedElsewhere = "DQ6022";

    /// <summary>An unforeseen failure; the log has the details.</summary>
    public const string Internal = "DQ6999";
}
