using System.Xml.Linq;
using DQPipeline.Declarations;
using DQPipeline.Targets.Building;
using DQPipeline.Targets.Verdicts;

namespace DQPipeline.Targets.Tests;

/// <summary>Builds as JUnit XML.</summary>
public class JUnitTests
{
    private static XElement Written(Bench bench, BuildResult result)
    {
        var path = Path.Combine(bench.Folder, "out", "dq.xml");
        new VerdictFiles(null, path, "1.2.3").Write(bench.Workspace, result);
        return XElement.Load(path);
    }

    private static XElement Suite(XElement suites, string name) => suites.Elements("testsuite").Single(suite => (string?)suite.Attribute("name") == name);

    private static string Counts(XElement suite) => $"{(string?)suite.Attribute("tests")} {(string?)suite.Attribute("failures")} {(string?)suite.Attribute("errors")} {(string?)suite.Attribute("skipped")}".TrimEnd();

    private static XElement Case(XElement suite, string name) => suite.Elements("testcase").Single(test => (string?)test.Attribute("name") == name);

    private static GateDeclaration Gate(Bench bench, string model, double atLeast, string attack = "pgd") =>
        new() { Model = model, Attack = attack, Epsilon = 8, AtLeast = atLeast, Place = new(bench.Workspace.DeclarationPath, 12, 9) };

    [Fact]
    public async Task Gates_are_cases_of_their_evaluation_and_targets_of_their_own_suite()
    {
        using var bench = new Bench();
        bench.Executor.Correct = (_, _) => 40;
        bench.UseGates(Gate(bench, "full", 0.6), Gate(bench, "dq", 0.3), Gate(bench, "dq", 0.1));
        var suites = Written(bench, await bench.BuildAsync());
        Assert.Equal("15 1 0", Counts(suites));
        var gates = Suite(suites, "robustness");
        Assert.Equal("3 1 0 0", Counts(gates));
        Assert.Equal(["full/pgd@8", "dq/pgd@8", "dq/pgd@8 (2)"], gates.Elements("testcase").Select(test => (string?)test.Attribute("name")));
        var failure = Case(gates, "full/pgd@8").Element("failure")!;
        const string text = "full under pgd at ε = 8 keeps an accuracy of 40.0 % (95 % interval 30.94 % to 49.8 %), and its upper end is below the 60.0 % demanded; make the model more robust, or lower \"atLeast\"";
        Assert.Equal(("DQ4001", text, $"dq.json(12,9): error DQ4001: {text}"), ((string?)failure.Attribute("type"), (string?)failure.Attribute("message"), failure.Value));
        Assert.Equal("dq under pgd at ε = 8 keeps an accuracy of 40.0 % (95 % interval 30.94 % to 49.8 %), and at least 30.0 % is demanded", Case(gates, "dq/pgd@8").Value);
        var targets = Suite(suites, "targets");
        Assert.Equal("12 0 0 0", Counts(targets));
        Assert.True(Case(targets, "train/dq").IsEmpty);
        Assert.Equal("evaluate", (string?)Case(targets, "evaluate/robustness/dq/pgd@8").Attribute("classname"));
        Assert.DoesNotContain(suites.DescendantsAndSelf().Attributes(), attribute => attribute.Name.LocalName is "time" or "timestamp" or "hostname");
    }

    [Fact]
    public async Task A_failed_target_is_an_error_with_its_diagnostic_and_what_needs_it_is_skipped()
    {
        using var bench = new Bench();
        bench.ChangeModel("dq", model => model with { Place = new(bench.Workspace.DeclarationPath, 7, 3) });
        bench.UseGates(Gate(bench, "dq", 0.3));
        bench.Executor.Before = (job, _) => job.Name == "train/dq" ? throw new DqException("DQ3004", $"it diverged, see {Path.Combine(bench.Folder, "log")}") : Task.CompletedTask;
        var suites = Written(bench, await bench.BuildAsync());
        var targets = Suite(suites, "targets");
        Assert.Equal("12 0 1 5", Counts(targets));
        var error = Case(targets, "train/dq").Element("error")!;
        Assert.Equal(("DQ3004", "it diverged, see log", "dq.json(7,3): error DQ3004: it diverged, see log"), ((string?)error.Attribute("type"), (string?)error.Attribute("message"), error.Value));
        Assert.Equal("it needs train/dq, which failed", Case(targets, "evaluate/robustness/dq/clean").Element("skipped")!.Value);
        var gates = Suite(suites, "robustness");
        Assert.Equal("1 0 0 1", Counts(gates));
        Assert.Equal("the gate on dq under pgd at ε = 8 has no measurement to be held against", Case(gates, "dq/pgd@8").Element("skipped")!.Value);
    }

    [Fact]
    public async Task In_a_locked_build_each_target_that_would_change_is_an_error()
    {
        using var bench = new Bench();
        var suites = Written(bench, await bench.BuildAsync(options => options with { Locked = true }));
        var error = Case(Suite(suites, "targets"), "train/dq").Element("error")!;
        Assert.Equal(("DQ6005", "dq.lock does not match: never built"), ((string?)error.Attribute("type"), (string?)error.Attribute("message")));
        Assert.Equal("DQ6005", (string?)Case(Suite(suites, "targets"), "build").Element("error")!.Attribute("type"));
    }

    [Fact]
    public void A_build_that_cannot_begin_is_one_case_with_all_that_is_wrong()
    {
        using var bench = new Bench();
        var place = new SourcePlace(bench.Workspace.DeclarationPath, 3, 5);
        var suites = Written(bench, BuildResult.NotBegun(2, [new("DQ1002", "unknown <key>", place), new("DQ1003", "a\u0001b\ud800c", place)]));
        Assert.Equal("1 0 1", Counts(suites));
        Assert.Equal(
            ["dq.json(3,5): error DQ1002: unknown <key>", "dq.json(3,5): error DQ1003: a\\u0001b\ufffdc"],
            Case(Suite(suites, "targets"), "build").Elements("error").Select(error => error.Value));
    }

    [Fact]
    public async Task What_was_cancelled_is_skipped()
    {
        using var bench = new Bench();
        using var source = new CancellationTokenSource();
        bench.Executor.Before = (_, token) =>
        {
            source.Cancel();
            token.ThrowIfCancellationRequested();
            return Task.CompletedTask;
        };
        var suites = Written(bench, await bench.BuildAsync(cancellation: source.Token));
        Assert.Equal("12 0 0 12", Counts(Suite(suites, "targets")));
    }
}
