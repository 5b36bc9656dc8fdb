using DQPipeline.Onnx.Format;

namespace DQPipeline.Onnx.Graphs;

/// <summary>
/// Feature squeezing as nodes: the median filter of <c>scipy.ndimage.median_filter</c> (of the k² values sorted ascending the one with index ⌊k²/2⌋, the window
/// beginning ⌊k/2⌋ above and left, the image mirrored beyond its edges), then rounding to the colour depth, halves to the even level.
/// </summary>
internal static class SqueezeNodes
{
    /// <summary>The squeezed image.</summary>
    /// <param name="writer">Takes the nodes.</param>
    /// <param name="image">float32 N×C×H×W in [0,1].</param>
    /// <param name="bits">Colour depth; 0 leaves colours as they are.</param>
    /// <param name="median">Side of the median filter; 1 for none.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    public static string Add(GraphWriter writer, string image, int bits, int median, int height, int width)
    {
        if (median > 1)
            image = Median(writer, image, median, height, width);
        if (bits == 0)
            return image;
        var levels = writer.Floats("squeeze.levels", [(1 << bits) - 1]);
        var scaled = writer.Node("squeeze.scaled", "Mul", [image, levels]);
        var rounded = writer.Node("squeeze.rounded", "Round", [scaled]);
        return writer.Node("squeeze.colours", "Div", [rounded, levels]);
    }

    private static string Median(GraphWriter writer, string image, int side, int height, int width)
    {
        var rows = Shifts(writer, "squeeze.row", image, axis: 2, side, height);
        var windows = rows.SelectMany((row, i) => Shifts(writer, $"squeeze.row{i}.column", row, axis: 3, side, width)).ToArray();
        if (side == 2)
            return SecondLargest(writer, windows);
        var axis = writer.Longs("squeeze.axis", [4], 1);
        var stacked = windows.Select((window, i) => writer.Node($"squeeze.window{i}", "Unsqueeze", [window, axis])).ToArray();
        var all = writer.Node("squeeze.windows", "Concat", stacked, GraphWriter.Whole("axis", 4));
        // Index ⌊n/2⌋ from below is the last of the n − ⌊n/2⌋ largest.
        var upper = (side * side) - (side * side / 2);
        var largest = writer.Node("squeeze.largest", "TopK", [all, writer.Longs("squeeze.upper", [upper], 1)]);
        writer.Graph.Node[^1].Output.Add("squeeze.indices");
        return writer.Node("squeeze.median", "Gather", [largest, writer.Longs("squeeze.last", [upper - 1])], GraphWriter.Whole("axis", 4));
    }

    /// <summary>The second largest of four is the largest of: the smaller of the pairs' greater ones, and both pairs' smaller ones.</summary>
    private static string SecondLargest(GraphWriter writer, string[] windows)
    {
        var (high1, low1) = (writer.Node("squeeze.high1", "Max", [windows[0], windows[1]]), writer.Node("squeeze.low1", "Min", [windows[0], windows[1]]));
        var (high2, low2) = (writer.Node("squeeze.high2", "Max", [windows[2], windows[3]]), writer.Node("squeeze.low2", "Min", [windows[2], windows[3]]));
        var lower = writer.Node("squeeze.lower", "Min", [high1, high2]);
        return writer.Node("squeeze.median", "Max", [lower, low1, low2]);
    }

    /// <summary>The image moved to each place of the window along one axis: mirrored beyond the edges, the pixel at the edge repeated.</summary>
    private static string[] Shifts(GraphWriter writer, string name, string image, int axis, int side, int size)
    {
        var shifted = new string[side];
        for (var place = 0; place < side; place++)
        {
            var from = Enumerable.Range(place - (side / 2), size).Select(i => i < 0 ? -1L - i : i < size ? i : (2L * size) - 1 - i).ToArray();
            shifted[place] = writer.Node($"{name}{place}", "Gather", [image, writer.Longs($"{name}{place}.from", from, size)], GraphWriter.Whole("axis", axis));
        }

        return shifted;
    }
}
