using System.Text.RegularExpressions;

namespace DQPipeline.Declarations.Shapes;

/// <summary>The forms of what Slurm is asked for; they stand in the schema too, hence the end in a form that JavaScript knows as well. Whether the cluster has it, sbatch says.</summary>
internal static partial class SlurmText
{
    [GeneratedRegex(@"^[A-Za-z0-9_.,-]+$(?!\n)")]
    public static partial Regex Name();

    [GeneratedRegex(@"^(?:[0-9]+|[0-9]+(?::[0-9]{1,2}){1,2}|[0-9]+-[0-9]{1,2}(?::[0-9]{1,2}){0,2})$(?!\n)")]
    public static partial Regex Time();

    [GeneratedRegex(@"^[0-9]+[KMGT]?$(?!\n)")]
    public static partial Regex Memory();
}
