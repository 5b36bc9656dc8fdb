namespace DQPipeline.Declarations;

/// <summary>What is asked of each cluster for a job. Nothing of it is part of a key: where something ran changes no result.</summary>
public sealed record ExecutorsDeclaration
{
    /// <summary>For <c>--executor slurm</c>. The default leaves all to the cluster's own defaults.</summary>
    public SlurmDeclaration Slurm { get; init; } = new();
}

/// <summary>What sbatch is asked for, for each job. Processors are the pipeline's <c>threads</c>.</summary>
public sealed record SlurmDeclaration
{
    /// <summary>The partition; the default is the cluster's.</summary>
    public string Partition { get; init; } = "";

    /// <summary>
    /// The time limit of a job, as sbatch takes it: minutes, <c>H:MM:SS</c> or <c>D-HH:MM:SS</c>. A training that reaches it is queued again and goes on from its checkpoint. The default is the cluster's.
    /// </summary>
    public string Time { get; init; } = "";

    /// <summary>Memory of a job, a number with K, M, G or T; M without. The default is the cluster's.</summary>
    public string Memory { get; init; } = "";

    /// <summary>GPUs of a job; build with <c>--device cuda</c> where there are some, as the machine that submits may have none. Range 0 to 64; the default is 0.</summary>
    public int Gpus { get; init; }

    /// <summary>Further options of sbatch, each as <c>--account=vision</c>. The default is none.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];
}
