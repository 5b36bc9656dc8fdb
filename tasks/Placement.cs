using Microsoft.Build.Framework;

namespace DQPipeline.MSBuild;

/// <summary>Which packaged models a project takes, and where they go: all of them under their names, unless items DqModel say otherwise.</summary>
internal static class Placement
{
    /// <summary>The models that are taken.</summary>
    /// <param name="models">The models that are declared, there or not.</param>
    /// <param name="items">Items DqModel: a package's name, with Format (default: every format, or the one that fits TargetPath) and TargetPath (default: the package's name).</param>
    /// <param name="unknown">The items whose package, or whose format of it, is not declared.</param>
    public static IReadOnlyList<PackagedModel> Choose(IReadOnlyList<PackagedModel> models, IReadOnlyList<ITaskItem> items, out IReadOnlyList<ITaskItem> unknown)
    {
        var taken = new List<PackagedModel>();
        var missing = new List<ITaskItem>();
        unknown = missing;
        if (items.Count == 0)
            return models;
        foreach (var item in items)
        {
            var (format, path) = (item.GetMetadata("Format"), item.GetMetadata("TargetPath").Replace('\\', '/'));
            var matches = models.Where(model => model.Package == item.ItemSpec && (format.Length == 0 || model.Format.Equals(format, StringComparison.OrdinalIgnoreCase))).ToList();
            // One path holds one format: the first that files of its kind have.
            if (path.Length > 0)
                matches = [.. matches.Where(model => Path.GetExtension(model.TargetPath).Equals(Path.GetExtension(path), StringComparison.OrdinalIgnoreCase)).Take(1)];
            if (matches.Count == 0)
                missing.Add(item);
            taken.AddRange(path.Length > 0 ? matches.Select(model => model.At(path)) : matches);
        }

        return taken;
    }
}
