using System.Globalization;

namespace DQPipeline.Declarations.Reading;

/// <summary>Checks that what gates demand can be held against what their evaluation measures.</summary>
internal sealed partial class PipelineReader
{
    /// <summary>The gate on each of its models; none where it is about nothing that is measured.</summary>
    private IEnumerable<GateDeclaration> ExpandGate(EvaluateDeclaration evaluate, GateDeclaration gate)
    {
        var made = Gated(evaluate, gate);
        if (gate.Attack == AttackDeclaration.Clean ? gate.Epsilon != 0 || gate.BlackBox : made.Count == 0 || !evaluate.Epsilon.Contains(gate.Epsilon))
        {
            var strengths = string.Join(", ", evaluate.Epsilon.Select(value => value.ToString(CultureInfo.InvariantCulture)));
            context.Complain(
                DiagnosticCodes.GateUnmeasured,
                string.Create(CultureInfo.InvariantCulture, $"\"{evaluate.Name}\" does not measure {Called(gate.Attack, gate.BlackBox)} at ε = {gate.Epsilon}; it measures {string.Join(", ", Measured(evaluate))}{(evaluate.Attacks.Count > 0 ? $" at ε = {strengths}" : "")} (clean at 0)"),
                gate.Place);
            return [];
        }

        var models = GatedModels(evaluate, gate, gate.Model, made);
        if (gate.NotWorseThan.Length > 0)
            CheckOthers(gate, models, GatedModels(evaluate, gate, gate.NotWorseThan, made));
        if (gate.Trusted && gate.Attack == AttackDeclaration.Clean)
            context.Complain(DiagnosticCodes.OutOfRange, "\"trusted\" is about attacks, and clean images need no trust; name an attack, or leave it out", gate.Place);
        else if (gate is { AtLeast: null, NotWorseThan: "", Trusted: false })
            context.Complain(DiagnosticCodes.MissingKey, "the gate demands nothing; give \"atLeast\", \"notWorseThan\" or \"trusted\": true", gate.Place);
        return models.Select(model => gate with { Model = model });
    }

    /// <summary>The attacks of the measurement that a gate is on: one, or those of a worst case; none of clean images, and where it is not measured.</summary>
    private static List<AttackDeclaration> Gated(EvaluateDeclaration evaluate, GateDeclaration gate) => AttackDeclaration.NormOfWorst(gate.Attack) is { } norm
        ? gate.BlackBox ? [] : [.. evaluate.AllAttacks().Where(attack => attack.Norm == norm)]
        : [.. evaluate.AllAttacks().Where(attack => attack.Name == gate.Attack && attack.From.Length > 0 == gate.BlackBox).Take(1)];

    /// <summary>The models that a name in a gate stands for, each of which the evaluation must measure in the same way.</summary>
    private List<string> GatedModels(EvaluateDeclaration evaluate, GateDeclaration gate, string name, List<AttackDeclaration> made)
    {
        var before = context.Diagnostics.Count;
        var models = Models(name, gate.Place, deployed: true);
        if (context.Diagnostics.Count == before && models.Find(model => !evaluate.Models.Contains(model)) is { } outside)
            context.Complain(DiagnosticCodes.GateUnmeasured, $"\"{evaluate.Name}\" does not measure the model \"{outside}\"; add it to \"models\"", gate.Place);
        if (made.Count > 0 && models.Find(model => made.TrueForAll(attack => attack.From == model)) is { } substitute)
            context.Complain(DiagnosticCodes.GateUnmeasured, $"\"{substitute}\" is the substitute itself, on which no black-box attack is measured", gate.Place);
        return models;
    }

    /// <summary>Whether models can be compared with others image by image.</summary>
    private void CheckOthers(GateDeclaration gate, List<string> models, List<string> others)
    {
        if (models.Count == 1 && others.Count > 0 && others.TrueForAll(other => other == models[0]))
            context.Complain(DiagnosticCodes.OutOfRange, $"\"notWorseThan\": \"{models[0]}\" is never worse than itself; name another model", gate.Place);
        var datasets = models.Concat(others).Select(DatasetOf).Distinct().ToList();
        if (datasets.Count > 1)
            context.Complain(DiagnosticCodes.OutOfRange, $"\"notWorseThan\" compares image by image, and the models are measured on the images of {string.Join(", ", datasets)}; name one of the same data set", gate.Place);
    }

    private string DatasetOf(string model) => _train[_quantize.TryGetValue(model, out var quantize) ? quantize.Model : model].Dataset;

    /// <summary>What an evaluation measures, in words.</summary>
    private static IEnumerable<string> Measured(EvaluateDeclaration evaluate)
    {
        var attacks = evaluate.AllAttacks();
        return attacks.Select(attack => Called(attack.Name, attack.From.Length > 0)).Prepend(AttackDeclaration.Clean)
            .Concat(AttackDeclaration.Norms.Where(norm => attacks.Count(attack => attack.Norm == norm) > 1).Select(AttackDeclaration.WorstIn));
    }

    private static string Called(string attack, bool blackBox) => blackBox ? $"{attack} (black box)" : attack;
}
