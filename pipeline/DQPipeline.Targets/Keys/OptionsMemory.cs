using DQPipeline.Declarations;

namespace DQPipeline.Targets.Keys;

/// <summary>The options of declarations that many keys share, made once: ten thousand cells read the same few data sets and attacks.</summary>
internal sealed class OptionsMemory
{
    private readonly Dictionary<object, IReadOnlyList<KeyValuePair<string, string>>> _known = new(ReferenceEqualityComparer.Instance);

    /// <summary>The options, each name behind <paramref name="prefix"/>, which is always the same for one declaration.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Of(string prefix, object declaration)
    {
        if (_known.TryGetValue(declaration, out var options))
            return options;
        options = Declaration.Options(declaration);
        if (prefix.Length > 0)
        {
            var prefixed = new List<KeyValuePair<string, string>>(options.Count);
            foreach (var (name, json) in options)
                prefixed.Add(new(prefix + name, json));
            options = prefixed;
        }

        _known.Add(declaration, options);
        return options;
    }
}
