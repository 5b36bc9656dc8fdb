using DQPipeline.Targets;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Outputs;

namespace DQPipeline.Tool.Terminal;

/// <summary>Draws the data files that distances, certificates and samples left in <c>.dq/out</c>. What is not there, as on a clean clone, is not drawn.</summary>
internal static class ModelsView
{
    /// <summary>Draws what is there; whether that was anything.</summary>
    /// <param name="targets">Whose files, of those that have any.</param>
    /// <param name="workspace">Where.</param>
    /// <param name="stale">Those among them whose files are of other inputs than are declared now, which their titles say.</param>
    public static bool Print(IEnumerable<Target> targets, Workspace workspace, IReadOnlySet<Target>? stale = null)
    {
        var drawn = 0;
        foreach (var target in targets)
        {
            var title = stale?.Contains(target) == true ? $"{target.Name} (stale)" : target.Name;
            if (target is DistanceTarget distance && DistanceFile.TryRead(workspace.OutputPath(distance.Name, DistanceTarget.JsonFile)) is { } points)
            {
                DistanceTable.Print(title, points.Points);
                drawn++;
            }
            else if (target is CertifyTarget certify && CertificateFile.TryRead(workspace.OutputPath(certify.Name, CertifyTarget.JsonFile)) is { } certificate)
            {
                CertificateTable.Print(title, certificate);
                drawn++;
            }
            else if (target is SamplesTarget samples && SamplesFile.TryRead(workspace.OutputPath(samples.Name, SamplesTarget.PredictionsFile)) is { } content)
            {
                SamplesTable.Print(title, content);
                drawn++;
            }
        }

        return drawn > 0;
    }
}
