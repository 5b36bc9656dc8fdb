using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using DQPipeline.Declarations.Json;
using DQPipeline.Declarations.Shapes;

namespace DQPipeline.Declarations.Tests;

public class DeclarationTests
{
    private static readonly Gen<TrainDeclaration> AnyTrain =
        from bits in Gen.OneOf(Gen.Int[1, 8], Gen.Const(32))
        from kind in Gen.OneOf(Gen.Const("relu6"), Gen.Const("relu1"), Gen.Const("tanh"))
        from residual in Gen.OneOf(Gen.Const("sum"), Gen.Const("convex"))
        from beta in Gen.Double[0, 1]
        from epochs in Gen.Int[1, 10_000]
        from rate in Gen.Double[1e-8, 100]
        from milestones in Gen.Double[0, 1].Array[0, 4]
        from flip in Gen.Bool
        select new TrainDeclaration
        {
            Dataset = "street",
            Residual = residual,
            Epochs = epochs,
            Activation = new() { Kind = kind, Bits = bits },
            Lipschitz = new() { Beta = beta },
            Optimizer = new() { LearningRate = rate },
            Schedule = new() { Milestones = [.. milestones.Distinct().Order()] },
            Augment = new() { Flip = flip },
        };

    /// <summary>A declaration and another that differs from it in one member at most.</summary>
    private static readonly Gen<(TrainDeclaration, TrainDeclaration)> OneMemberApart =
        from one in AnyTrain
        from other in AnyTrain
        from member in Gen.Int[0, 8]
        select (one, member switch
        {
            0 => one with { Residual = other.Residual },
            1 => one with { Epochs = other.Epochs },
            2 => one with { Activation = one.Activation with { Kind = other.Activation.Kind } },
            3 => one with { Activation = one.Activation with { Bits = other.Activation.Bits } },
            4 => one with { Lipschitz = other.Lipschitz },
            5 => one with { Optimizer = other.Optimizer },
            6 => one with { Schedule = other.Schedule },
            7 => one with { Augment = other.Augment },
            _ => one with { },
        });

    [Fact]
    public void Json_of_a_declaration_reads_back_as_the_same_declaration() => AnyTrain.Sample(train =>
    {
        var json = Declaration.ToJson(train);
        Assert.Equal(json, Declaration.ToJson(Declaration.FromJson<TrainDeclaration>(json)));
        Assert.Equal(train.Lipschitz, Declaration.FromJson<TrainDeclaration>(json).Lipschitz);
    });

    [Fact]
    public void Options_are_equal_exactly_when_the_declarations_say_the_same() => OneMemberApart.Sample((a, b) =>
        Assert.Equal(Declaration.ToJson(a) == Declaration.ToJson(b), Declaration.Options(a).SequenceEqual(Declaration.Options(b))));

    [Fact]
    public void Names_and_paths_are_no_options()
    {
        var here = new Cifar10Declaration { Name = "a", Path = "/here", Optional = true };
        Assert.Equal(Declaration.Options(here), Declaration.Options(new Cifar10Declaration { Name = "b", Path = "/there" }));
        Assert.DoesNotContain(Declaration.Options(new TrainDeclaration { Name = "x", Dataset = "d" }), option => option.Key is "name" or "dataset");
    }

    [Fact]
    public void What_a_data_set_is_read_as_is_an_option()
    {
        Assert.Contains(new("labels", "\"fine\""), Declaration.Options(new Cifar100Declaration()));
        Assert.Contains(new("labels", "\"coarse\""), Declaration.Options(Declaration.FromJson<DatasetDeclaration>(Declaration.ToJson(new Cifar100Declaration { Path = "p", Labels = "coarse" }))));
        Assert.Contains(new("extra", "false"), Declaration.Options(new SvhnDeclaration()));
        Assert.Contains(new("extra", "true"), Declaration.Options(Declaration.FromJson<DatasetDeclaration>(Declaration.ToJson(new SvhnDeclaration { Path = "p", Extra = true }))));
    }

    [Fact]
    public void Options_are_flat_paths_with_json_values_and_defaults_written_out()
    {
        var options = Declaration.Options(new TrainDeclaration { Lipschitz = new() { Beta = 1e-3 } }).ToDictionary();
        Assert.Equal(("0.001", "\"relu6\"", "32", "[0.3,0.6,0.8]", "false"),
            (options["lipschitz.beta"], options["activation.kind"], options["activation.bits"], options["schedule.milestones"], options["augment.flip"]));
    }

    /// <summary>An option that came later is in no key and in no model file while it stands at its default: what was trained before stays up to date, and comes out the same again.</summary>
    [Fact]
    public void Options_that_came_later_are_written_only_where_they_are_set()
    {
        var plain = Declaration.Options(new TrainDeclaration()).Select(option => option.Key).ToList();
        string[] later = ["lipschitz.constraint", "lipschitz.limit", "loss.kind", "loss.margin"];
        Assert.Empty(plain.Intersect(later));
        var set = Declaration.Options(new TrainDeclaration { Lipschitz = new() { Constraint = "spectral", Limit = 2 }, Loss = new() { Kind = "margin", Margin = 0.5 } }).ToDictionary();
        Assert.Equal(("\"spectral\"", "2", "\"margin\"", "0.5"), (set["lipschitz.constraint"], set["lipschitz.limit"], set["loss.kind"], set["loss.margin"]));
        Assert.Equal(later, set.Keys.Except(plain));
        Assert.DoesNotContain("loss", Declaration.ToJson(new TrainDeclaration()), StringComparison.Ordinal);
        Assert.Contains("\"warmup\":0}", Declaration.ToJson(new TrainDeclaration()), StringComparison.Ordinal);
        var half = Declaration.FromJson<TrainDeclaration>(Declaration.ToJson(new TrainDeclaration { Loss = new() { Kind = "margin" } }));
        Assert.Equal(("margin", 1.0, "none"), (half.Loss.Kind, half.Loss.Margin, half.Lipschitz.Constraint));
    }

    public static TheoryData<string> DeclaredTypes => [.. Shapes().Select(shape => shape.Type.Name)];

    [Theory]
    [MemberData(nameof(DeclaredTypes))]
    public void Every_property_of_a_declaration_has_a_key_of_its_name_and_every_key_a_property(string type)
    {
        // What a declaration carries beside its options: derived values, resolved places, sections that are read entry by entry.
        string[] notKeys = ["Name", "Group", "Place", "LowerBound", "Bound", "IsQuantized", "IsActive", "MayFlip", "Datasets", "Train", "Evaluate", "Optional", "UsesEnvironment", "Distance", "Certify", "Samples", "Quantize", "Package", "Report"];
        var shape = Shapes().Single(shape => shape.Type.Name == type);
        var keys = shape.Fields.Select(PropertyName).ToHashSet();
        var properties = shape.Type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name).ToHashSet();
        Assert.Empty(keys.Except(properties));
        Assert.Empty(properties.Except(keys).Except(notKeys));
    }

    [Fact]
    public void Each_key_sets_the_property_of_its_name_and_no_other_and_is_an_option_unless_it_changes_no_result()
    {
        AssertWiring(Declared.Train, """{ "dataset": "d" }""", "dataset", "defense");
        AssertWiring(Declared.Activation, "{}");
        AssertWiring(Declared.Lipschitz, "{}");
        AssertWiring(Declared.Loss, "{}");
        AssertWiring(Declared.Optimizer, "{}");
        AssertWiring(Declared.Schedule, "{}");
        AssertWiring(Declared.Augment, "{}");
        AssertWiring(Declared.Squeeze, "{}");
        AssertWiring(Declared.Adversarial, "{}");
        AssertWiring(Declared.Weights, "{}", "path", "from");
        AssertWiring(Declared.Attack, """{ "kind": "pgd" }""", "name", "from");
        AssertWiring(Declared.Gate, """{ "model": "m", "atLeast": 1 }""");
        AssertWiring(Declared.Evaluate, """{ "models": ["m"] }""", "blackBoxFrom", "gates");
        AssertWiring(Declared.Distance, """{ "models": ["m"] }""");
        AssertWiring(Declared.Certify, """{ "models": ["m"] }""");
        AssertWiring(Declared.Samples, """{ "models": ["m"] }""");
        AssertWiring(Declared.Calibration, "{}");
        AssertWiring(Declared.Quantize, """{ "model": "m" }""", "model");
        AssertWiring(Declared.Package, """{ "model": "m" }""", "model");
        AssertWiring(Declared.Report, "{}");
        AssertWiring(Declared.Cache, "{}");
        AssertWiring(Declared.Slurm, "{}");
        AssertWiring(Declared.Executors, "{}");
        AssertWiring(Declared.StreetDigits, """{ "kind": "street-digits" }""");
        AssertWiring(Declared.Cifar10, """{ "kind": "cifar-10", "path": "p" }""", "path", "optional");
        AssertWiring(Declared.Cifar100, """{ "kind": "cifar-100", "path": "p" }""", "path", "optional");
        AssertWiring(Declared.Svhn, """{ "kind": "svhn", "path": "p" }""", "path", "optional");
        AssertWiring(Declared.ImageFolder, """{ "kind": "image-folder", "path": "p" }""", "path", "optional");
        AssertWiring(Declared.Idx, """{ "kind": "idx", "path": "p" }""", "path", "optional");
    }

    /// <summary>Changes each key alone; <paramref name="notOptions"/> are those that change no result and so are in no target's key.</summary>
    private static void AssertWiring<T>(Shape<T> shape, string start, params string[] notOptions)
    {
        string[] values = ["17", "0.25", "true", "false", "\"relu1\"", "\"step\"", "\"convex\"", "\"bfloat16\"", "\"folded\"", "\"bound\"", "\"spectral\"", "\"margin\"", "0.01", "\"fgsm\"", "\"r+fgsm\"", "\"wrn-16-4\"", "\"coarse\"", "\"other\"", "\"convolutions\"", "\"percentile\"", "\"uint8\"", "75", "{\"samples\":3}", "[0.25]",
            "\"l2\"", "\"smooth\"", "\"dq+\"", "[\"other\"]", "[\"fgsm\"]", "[{\"model\":\"x\",\"atLeast\":1}]", "{\"bits\":4}", "{\"beta\":0.5}", "{\"momentum\":0.5}", "{\"gamma\":0.5}", "{\"crop\":2}", "3", "4", "8", "[\"onnx\"]", "[\"json\"]", "{\"median\":2}", "{\"delta\":4}", "{\"conv1\":\"stem\"}", "\"signed\"", "\"90\"", "\"4G\"", "[\"--account=a\"]", "{\"gpus\":1}"];
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.Name is not ("LowerBound" or "Bound" or "IsQuantized" or "IsActive" or "MayFlip" or "EqualityContract")).ToList();
        var before = Read(shape, start)!;
        Assert.Empty(notOptions.Except(shape.Fields.Select(key => key.Name)));
        foreach (var key in shape.Fields.Where(key => !(key.Name == "kind" && typeof(DatasetDeclaration).IsAssignableFrom(typeof(T)))))
        {
            var changed = values.Select(value =>
            {
                var document = JsonNode.Parse(start)!;
                document[key.Name] = JsonNode.Parse(value);
                return Read(shape, document.ToJsonString());
            }).First(after => after is not null && Normal.Text(writer => shape.Write(writer, after, false)) != Normal.Text(writer => shape.Write(writer, before, false)))!;
            string[] expected = [PropertyName(key)];
            Assert.Equal(expected, properties.Where(property => Text(property.GetValue(changed)) != Text(property.GetValue(before))).Select(property => property.Name).Except(key.Name == "flip" ? ["MayFlip"] : []));
            Assert.True(notOptions.Contains(key.Name) == Options(before).SequenceEqual(Options(changed)), $"{key.Name} of {typeof(T).Name}");
        }

        List<KeyValuePair<string, string>> Options(T record)
        {
            var options = new List<KeyValuePair<string, string>>();
            shape.AddOptions(record, "", options);
            return options;
        }

        static string Text(object? value) => JsonSerializer.Serialize(value);
    }

    private static T? Read<T>(Shape<T> shape, string json)
    {
        var diagnostics = new List<Diagnostic>();
        var record = shape.Read(SourceReader.Parse(Encoding.UTF8.GetBytes(json), "test", diagnostics)!, new ReadContext(diagnostics));
        return diagnostics.Count == 0 ? record : default;
    }

    private static string PropertyName(Field key) => char.ToUpperInvariant(key.Name[0]) + key.Name[1..];

    private static IEnumerable<Shape> Shapes() =>
        typeof(Declared).GetFields(BindingFlags.Public | BindingFlags.Static).Select(member => member.GetValue(null)).OfType<Shape>();
}
