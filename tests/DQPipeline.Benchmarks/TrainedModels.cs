using DQPipeline.Data;
using DQPipeline.Declarations;
using DQPipeline.Export;
using DQPipeline.Networks;
using DQPipeline.Targets;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Benchmarks;

/// <summary>Models that `dq build` has trained in a folder, and test images of their data.</summary>
internal static class TrainedModels
{
    /// <summary>Opens a model with a class-balanced sample of its data's test images; null where it is not trained yet or its data are absent, after a word about it.</summary>
    /// <param name="folder">The folder of the dq.json that declares it.</param>
    /// <param name="name">The model.</param>
    /// <param name="samples">Images of the sample.</param>
    /// <param name="seed">The sample's seed.</param>
    public static (Classifier Network, ImageSplit Images)? Open(string folder, string name, int samples, int seed)
    {
        var file = new Workspace(folder).OutputPath(name, TrainTarget.ModelFile);
        if (!File.Exists(file))
        {
            Console.WriteLine($"{name} is not trained: `dq build {folder} {name}` does it.");
            return null;
        }

        var pipeline = PipelineFile.Load(Path.Combine(folder, PipelineFile.Name));
        ImageSplit test;
        try
        {
            test = Datasets.Load(pipeline.Datasets[pipeline.Train[name].Dataset]).Test;
        }
        catch (DqException e)
        {
            Console.WriteLine(e.Message);
            return null;
        }

        var chosen = Sampling.ClassBalanced(test.Classes, samples, seed);
        return (ModelFile.Load(file), new ImageSplit([.. chosen.SelectMany(i => test.Image(i).ToArray())], [.. chosen.Select(i => test.Classes[i])]));
    }
}
