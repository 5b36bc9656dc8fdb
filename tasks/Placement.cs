using Microsoft.Build.Framework;

namespace DQPipeline.MSBuild;

/// <summary>Which packaged models a project takes, and where they go: all of them under their names, unless items DqModel say otherwise.</summary>
internal static class Placement
{
    /// <summary>The models that are taken.</summary>
    /// <param name="models">The models that are there.</param>
    /// <param name="items">Items DqModel: a package's name, with Format (default: every format) and TargetPath (default: the package's name).</param>
    /// <param name="unknown">The items whose package, or whose format of it, is not there.</param>
    public static IReadOnlyList<PackagedModel> Choose(IReadOnlyList<PackagedModel> models, IReadOnlyList<ITaskItem> items, out IReadOnlyList<ITaskItem> unknown)
    {
        var taken = new List<PackagedModel>();
        var missing = new List<ITaskItem>();
        unknown = missing;
        if (items.Count == 0)
            return models;
        foreach (var item in items)
        {
            var format = item.GetMetadata("Format");
            var matches = models.Where(model => model.Package == item.ItemSpec && (format.Length == 0 || model.Format.Equals(format, StringComparison.OrdinalIgnoreCase))).ToList();
            if (matches.Count == 0)
                missing.Add(item);
            foreach (var model in matches)
            {
                // One path cannot hold several formats.
                if (item.GetMetadata("TargetPath") is { Length: > 0 } path && matches.Count == 1)
                    model.TargetPath = path.Replace('\\', '/');
                taken.Add(model);
            }
        }

        return taken;
    }
}
