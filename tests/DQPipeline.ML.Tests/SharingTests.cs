using DQPipeline.Declarations;
using Microsoft.ML;

namespace DQPipeline.ML.Tests;

/// <summary>Many engines on one transformer, and owners that dispose what others hold.</summary>
public class SharingTests
{
    [Fact]
    public void Engines_on_many_threads_agree_even_while_others_are_disposed()
    {
        var context = Models.Context();
        using var transformer = Models.Transformer(new() { Threads = 1, IsAdversarialColumnName = "IsAdversarial" });
        var rows = Models.Rows(60);
        var labels = Models.Best(Models.Logits(Models.Images(60)));
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 8 }, n =>
        {
            // Every engine disposes the transformer that all of them share.
            using var engine = context.Model.CreatePredictionEngine<Models.Row, Models.Answer>(transformer);
            for (var i = 0; i < 60; i++)
                Assert.Equal(labels[(i + n) % 60], engine.Predict(rows[(i + n) % 60]).PredictedLabel);
        });
        Assert.Equal(24 * 60, transformer.Runs);
    }

    [Fact]
    public void A_disposed_transformer_works_on()
    {
        var context = Models.Context();
        var transformer = Models.Transformer();
        transformer.Dispose();
        transformer.Dispose();
        Assert.Equal(Models.Best(Models.Logits(Models.Images(3))), context.Data.CreateEnumerable<Models.Answer>(transformer.Transform(Models.View(context, 3)), false).Select(row => row.PredictedLabel));
        transformer.Dispose();
    }

    [Fact]
    public void What_is_wrong_with_a_model_or_an_option_is_said_at_once()
    {
        var context = Models.Context();
        Assert.Equal(DiagnosticCodes.DeployedModelCorrupt, Code(() => context.Transforms.DefensiveQuantization("/nowhere/model.onnx")));
        Assert.Equal(DiagnosticCodes.DeployedModelCorrupt, Code(() => context.Transforms.DefensiveQuantization(Models.Integer[..^9])));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => context.Transforms.DefensiveQuantization(Models.Integer, new() { Threads = -1 })));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => context.Transforms.DefensiveQuantization(Models.Integer, new() { BatchSize = 0 })));
        Assert.Equal(DiagnosticCodes.OutOfRange, Code(() => context.Transforms.DefensiveQuantization(Models.Integer, new() { IsAdversarialColumnName = "A", Detector = new() { Bits = 9 } })));

        static string Code(Action action) => Assert.Throws<DqException>(action).Diagnostics[0].Code;
    }
}
