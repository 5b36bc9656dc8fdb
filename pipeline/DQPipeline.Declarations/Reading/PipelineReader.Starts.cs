namespace DQPipeline.Declarations.Reading;

/// <summary>What trainings start from.</summary>
internal sealed partial class PipelineReader
{
    /// <summary>The models that start from another, and where each says so. The other may be declared after it.</summary>
    private readonly List<(string Model, SourcePlace Place)> _starts = [];

    private WeightsDeclaration Start(WeightsDeclaration weights, Entry entry)
    {
        var node = entry.Options["weights"]!;
        if (weights.From.Length == 0)
            return weights with { Path = Expanded(weights.Path, node, optional: false) };
        if (weights.Path.Length > 0)
            context.Complain(DiagnosticCodes.OutOfRange, "\"weights\": \"path\" names a file and \"from\" a model of this file; remove one of them", node.Place);
        if (weights.Mean.Count > 0)
            context.Complain(DiagnosticCodes.OutOfRange, "\"weights\": \"mean\" and \"std\" are of other tools' images, and the model that \"from\" names takes its images as this one does; remove them", node.Place);
        _starts.Add((entry.Name, node["from"]!.Place));
        return weights;
    }

    /// <summary>Finds the models from which others start: one each, and no model by way of others from itself.</summary>
    private void ResolveStarts()
    {
        foreach (var (name, place) in _starts)
        {
            if (!_train.TryGetValue(name, out var train))
                continue;
            var members = Models(train.Weights.From, place);
            if (members.Count == 1)
                _train[name] = train with { Weights = train.Weights with { From = members[0] } };
            else if (members.Count > 1)
                context.Complain(DiagnosticCodes.OutOfRange, $"\"from\": \"{train.Weights.From}\" stands for {members.Count} models, and a training starts from one; name one of them, {members[0]} for instance", place);
        }

        foreach (var (name, place) in _starts)
        {
            List<string> chain = [name];
            while (_train.GetValueOrDefault(chain[^1])?.Weights.From is { Length: > 0 } next && chain.Count <= _starts.Count)
            {
                chain.Add(next);
                if (next != name)
                    continue;
                context.Complain(DiagnosticCodes.Cycle, $"models start from one another in a circle: {string.Join(" → ", chain)}; one of them has to begin with drawn weights or those of a file", place);
                break;
            }
        }
    }
}
