using DQPipeline.Declarations;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Graph;

/// <summary>Writes the job of a batch of cells whose images are made on one model, and every model that is scored on them.</summary>
internal static class TransferJobs
{
    public static TransferJob Create(EvaluationCell first, JobContext context)
    {
        var models = new List<ModelTarget>();
        var cells = new List<TransferCell>(context.Targets.Count);
        foreach (var cell in context.Targets.Cast<EvaluationCell>())
        {
            if (!models.Contains(cell.Model))
                models.Add(cell.Model);
            cells.Add(new(cell.Id, models.IndexOf(cell.Model), Declaration.ToJson(cell.Attack!), cell.Epsilon));
        }

        return new()
        {
            Name = first.LogName,
            Threads = context.Threads,
            Device = context.Device,
            Dataset = Declaration.ToJson(first.Dataset),
            OutputFolder = context.OutputFolder,
            MadeOn = context.Model(first.MadeOn!),
            Models = [.. models.Select(context.Model)],
            Samples = first.Evaluation.Samples,
            Batch = first.Evaluation.Batch,
            Seed = first.Evaluation.Seed,
            Detector = first.Evaluation.Detector.IsActive ? Declaration.ToJson(first.Evaluation.Detector) : null,
            Cells = cells,
        };
    }
}
