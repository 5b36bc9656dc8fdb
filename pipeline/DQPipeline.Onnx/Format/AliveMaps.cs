namespace DQPipeline.Onnx.Format;

/// <summary>
/// Bounds the bytes of the maps of one image that are alive at once, while the nodes of a graph are gone through in the order of the file: whatever order a runtime runs them in.
/// </summary>
/// <remarks>
/// Where a single map is alive in the order of the file, all that is made before leads to it, and all that comes after is made of it. So in no order is anything before it alive together with anything
/// after it, and what may be alive at once lies between two such maps: in a residual network a block, and where there are no branches a map and the next. Sums of the maps alive in the order of
/// the file would be smaller, but a runtime may begin all branches of a wide graph before it ends one, and a hostile file would count on it.
/// </remarks>
internal sealed class AliveMaps
{
    private readonly Dictionary<string, int> _lastReaders = [];
    private readonly Dictionary<string, long> _alive = [];
    private int _passed;
    private long _arrays;
    private long _together;

    /// <summary>The image alone.</summary>
    /// <param name="graph">The graph, of one input and one output.</param>
    /// <param name="image">The input's shape.</param>
    public AliveMaps(GraphProto graph, TensorShape image)
    {
        for (var i = 0; i < graph.Node.Count; i++)
        {
            foreach (var name in graph.Node[i].Input)
                _lastReaders[name] = i;
        }

        _lastReaders[graph.Output[0].Name] = graph.Node.Count;
        _alive.Add(graph.Input[0].Name, _together = image.Bytes);
    }

    /// <summary>Goes past the next node.</summary>
    /// <param name="node">The node, all of whose inputs have been made.</param>
    /// <param name="results">The shapes of what it makes.</param>
    /// <returns>The bytes that may be alive at once since the last map that was alone, arrays that are made of others of the file among them, which stay.</returns>
    public long Pass(NodeProto node, IReadOnlyList<TensorShape> results)
    {
        // What nobody reads is gone with its node, unless the node is a dead end, which a runtime may come to at any time.
        var isEnd = !node.Output.Any(_lastReaders.ContainsKey);
        foreach (var (name, shape) in node.Output.Zip(results))
        {
            if (!shape.IsMap)
            {
                _arrays = checked(_arrays + shape.Bytes);
                continue;
            }

            _together = checked(_together + shape.Bytes);
            if (isEnd || _lastReaders.ContainsKey(name))
                _alive.Add(name, shape.Bytes);
        }

        var most = checked(_together + _arrays);
        foreach (var name in node.Input)
        {
            if (_lastReaders[name] == _passed)
                _alive.Remove(name);
        }

        _passed++;
        if (_alive.Count == 1)
            _together = _alive.Values.Single();
        return most;
    }
}
