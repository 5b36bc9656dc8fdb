using CsCheck;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;
using DQPipeline.Targets.Keys;

namespace DQPipeline.Targets.Tests;

public class GraphTests
{
    private static TargetGraph Grid() => TargetGraph.Create(Bench.Sample() with
    {
        Train = Bench.Named(Bench.Model("full"), Bench.Model("grid@bits=2") with { Group = "grid" }, Bench.Model("grid@bits=4") with { Group = "grid" }),
        Evaluate = Bench.Named(Bench.Evaluation("robustness", "full", "grid"), Bench.Evaluation("other", "full")),
    });

    [Theory]
    [InlineData("full", 1)]
    [InlineData("train/full", 1)]
    [InlineData("grid", 2)]
    [InlineData("train/grid", 2)]
    [InlineData("grid@bits=4", 1)]
    [InlineData("robustness", 15)]
    [InlineData("evaluate/robustness", 15)]
    [InlineData("robustness/grid", 10)]
    [InlineData("robustness/full/pgd", 2)]
    [InlineData("robustness/full/pgd@8", 1)]
    [InlineData("evaluate/robustness/full/clean", 1)]
    public void A_name_means_its_targets(string name, int count) => Assert.Equal(count, Grid().Select([name]).Count);

    [Fact]
    public void Dependencies_come_along_and_before()
    {
        var graph = Grid();
        Assert.Equal(
            ["train/grid@bits=4", "evaluate/robustness/grid@bits=4/clean"], graph.Closure(graph.Select(["robustness/grid@bits=4/clean"])).Select(t => t.Id));
        Assert.Same(graph.Targets, graph.Closure(graph.Select([])));
    }

    [Fact]
    public void A_model_comes_after_the_one_from_whose_weights_it_starts_wherever_that_is_declared()
    {
        var graph = TargetGraph.Create(Bench.Sample() with
        {
            Train = Bench.Named(Starting("third", "second"), Bench.Model("dq"), Starting("second", "first"), Bench.Model("first")),
            Evaluate = Bench.Named(Bench.Evaluation("e", "third")),
        });
        Assert.Equal(["train/first", "train/second", "train/third", "train/dq"], graph.Targets.Select(t => t.Id).Where(id => id.StartsWith("train/", StringComparison.Ordinal)));
        Assert.Equal(["train/first", "train/second", "train/third"], graph.Closure(graph.Select(["train/third"])).Select(t => t.Id));
        Assert.Equal(
            [("DQ1006", true), ("DQ1006", true), ("DQ1005", true)],
            new[] { Bench.Named(Starting("a", "a")), Bench.Named(Bench.Model("dq"), Starting("a", "b"), Starting("b", "a")), Bench.Named(Bench.Model("dq"), Starting("a", "qd")) }.Select(train =>
            {
                var error = Assert.Throws<DqException>(() => TargetGraph.Create(Bench.Sample() with { Train = train })).Diagnostics[0];
                return (error.Code, error.Place is not null);
            }));

        static TrainDeclaration Starting(string name, string from) => Bench.Model(name) with { Weights = new() { From = from } };
    }

    [Theory]
    [InlineData("robustnes", "robustness")]
    [InlineData("robustness/ful", "robustness/full")]
    [InlineData("gird", "grid")]
    public void An_unknown_name_is_an_error_with_what_was_meant(string name, string meant)
    {
        var error = Assert.Throws<DqException>(() => Grid().Select([name])).Diagnostics[0];
        Assert.Equal("DQ1005", error.Code);
        Assert.Contains($"did you mean \"{meant}\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_strength_given_twice_is_measured_once() =>
        Assert.Equal(5, TargetGraph.Create(Bench.Sample() with { Evaluate = Bench.Named(Bench.Evaluation("e", "dq", "dq") with { Epsilon = [8, 2, 8] }) }).Select(["e"]).Count);

    [Fact]
    public void Dangling_names_and_doubled_measurements_are_errors()
    {
        var sample = Bench.Sample();
        Assert.Equal("DQ1005", Assert.Throws<DqException>(() => TargetGraph.Create(sample with { Evaluate = Bench.Named(Bench.Evaluation("e", "dp")) })).Diagnostics[0].Code);
        Assert.Equal("DQ1005", Assert.Throws<DqException>(() => TargetGraph.Create(sample with { Datasets = new Dictionary<string, DatasetDeclaration>() })).Diagnostics[0].Code);
        var twice = Bench.Evaluation("e", "dq") with { Attacks = [new() { Kind = "pgd", Name = "pgd" }, new() { Kind = "pgd", Name = "pgd", Steps = 3 }] };
        Assert.Equal("DQ1007", Assert.Throws<DqException>(() => TargetGraph.Create(sample with { Evaluate = Bench.Named(twice) })).Diagnostics[0].Code);
    }

    [Fact]
    public void The_hash_of_keys_is_the_systems_sha_256() => Gen.Byte.Array[0, 300].Sample(data =>
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(data)), SmallSha256.Hex(data)));

    [Fact]
    public void Parts_are_sorted_whatever_order_they_come_in() => Gen.String[Gen.Char['a', 'c'], 0, 4].Array[0, 30].Sample(names =>
    {
        var parts = new KeyParts(new OptionsMemory());
        foreach (var name in names)
            parts.Add(name, "1");
        Assert.Equal(names.Order(StringComparer.Ordinal), parts.Sorted().Select(p => p.Key));
    });

    [Fact]
    public void A_key_is_the_hash_of_the_documented_bytes()
    {
        var parts = new KeyParts(new OptionsMemory());
        parts.Add("threads", "2");
        parts.AddText("device", "cpu");
        var bytes = new MemoryStream();
        foreach (var text in new[] { "dq-key-1", "train", "device", "\"cpu\"", "threads", "2" })
        {
            bytes.Write(BitConverter.GetBytes(text.Length));
            bytes.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }

        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes.ToArray())), KeyParts.Key("train", parts.Sorted()));
    }
}
