using DQPipeline.Declarations;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>Writes the job of a batch of black-box cells: one substitute, and every model that is scored on what was made on it.</summary>
internal static class BlackBoxJobs
{
    public static BlackBoxJob Create(EvaluationCell first, JobContext context)
    {
        var models = new List<TrainTarget>();
        var cells = new List<BlackBoxCell>(context.Targets.Count);
        foreach (var cell in context.Targets.Cast<EvaluationCell>())
        {
            if (!models.Contains(cell.Model))
                models.Add(cell.Model);
            cells.Add(new(cell.Id, models.IndexOf(cell.Model), Declaration.ToJson(cell.Attack!), cell.Epsilon));
        }

        return new()
        {
            Name = $"evaluate/{first.Name}/black-box/{first.Substitute!.Name}",
            Threads = context.Threads,
            Device = context.Device,
            Dataset = Declaration.ToJson(first.Dataset),
            OutputFolder = context.OutputFolder,
            Substitute = context.Model(first.Substitute),
            Models = [.. models.Select(context.Model)],
            Samples = first.Evaluation.Samples,
            Batch = first.Evaluation.Batch,
            Seed = first.Evaluation.Seed,
            Detector = first.Evaluation.Detector.IsActive ? Declaration.ToJson(first.Evaluation.Detector) : null,
            Cells = cells,
        };
    }
}
