using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace WebApp;

/// <summary>Prediction engines for many requests at once: an engine serves one thread at a time, the model behind them all of them.</summary>
internal sealed class PredictionPool
{
    private readonly ObjectPool<PredictionEngine<Upload, Answer>> engines;

    public PredictionPool(string path)
    {
        var context = new MLContext();
        var model = context.Model.Load(path, out _);
        engines = new DefaultObjectPool<PredictionEngine<Upload, Answer>>(new Policy(() => context.Model.CreatePredictionEngine<Upload, Answer>(model)));
        var engine = engines.Get();
        Labels = LabelsOf(engine.OutputSchema);
        engines.Return(engine);
    }

    /// <summary>What the model can say.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>What an image shows.</summary>
    /// <param name="file">The bytes of a JPEG or PNG file.</param>
    public Prediction Predict(byte[] file)
    {
        var engine = engines.Get();
        try
        {
            var answer = engine.Predict(new Upload { Image = file });
            var scores = Labels.Zip(answer.Probability, (label, score) => new LabelScore(label, score)).OrderByDescending(one => one.Score);
            return new(answer.PredictedLabel, answer.Probability.Max(), [.. scores]);
        }
        finally
        {
            engines.Return(engine);
        }
    }

    private static string[] LabelsOf(DataViewSchema schema)
    {
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        schema["Score"].Annotations.GetValue("SlotNames", ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    /// <summary>An answer of the API.</summary>
    /// <param name="Label">The most probable label.</param>
    /// <param name="Score">Its probability.</param>
    /// <param name="Scores">All labels with their probabilities, the most probable first.</param>
    internal sealed record Prediction(string Label, float Score, IReadOnlyList<LabelScore> Scores);

    /// <summary>A label and its probability. A list of them, and not an object with labels for keys: JavaScript puts keys that are numbers in their own order.</summary>
    internal sealed record LabelScore(string Label, float Score);

    private sealed class Policy(Func<PredictionEngine<Upload, Answer>> create) : PooledObjectPolicy<PredictionEngine<Upload, Answer>>
    {
        public override PredictionEngine<Upload, Answer> Create() => create();

        public override bool Return(PredictionEngine<Upload, Answer> obj) => true;
    }

    private sealed class Upload
    {
        public byte[] Image { get; set; } = [];
    }

    private sealed class Answer
    {
        public string PredictedLabel { get; set; } = "";

        public float[] Probability { get; set; } = [];
    }
}
