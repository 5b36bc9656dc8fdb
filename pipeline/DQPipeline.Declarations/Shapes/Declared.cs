using System.Text.RegularExpressions;

namespace DQPipeline.Declarations.Shapes;

/// <summary>The shape of every declaration: the one place that knows a key's name, range and record property.</summary>
internal static class Declared
{
    private const int MaxCount = 100_000_000;

    public static readonly Shape<StreetDigitsDeclaration> StreetDigits = new(
        () => new(),
        Kind<StreetDigitsDeclaration>("street-digits"),
        new IntegerField<StreetDigitsDeclaration>("train", 10, 1_000_000, d => d.Train, (d, v) => d with { Train = v }),
        new IntegerField<StreetDigitsDeclaration>("test", 10, 1_000_000, d => d.Test, (d, v) => d with { Test = v }),
        new IntegerField<StreetDigitsDeclaration>("validation", 0, MaxCount, d => d.Validation, (d, v) => d with { Validation = v }),
        Seed<StreetDigitsDeclaration>(d => d.Seed, (d, v) => d with { Seed = v }));

    public static readonly Shape<Cifar10Declaration> Cifar10 = new(
        () => new(), [Kind<Cifar10Declaration>("cifar-10"), .. Stored<Cifar10Declaration>((d, v) => d with { Path = v }, (d, v) => d with { Train = v }, (d, v) => d with { Test = v }, (d, v) => d with { Validation = v }, (d, v) => d with { Seed = v }, (d, v) => d with { Optional = v })]);

    public static readonly Shape<Cifar100Declaration> Cifar100 = new(
        () => new(),
        [
            Kind<Cifar100Declaration>("cifar-100"),
            .. Stored<Cifar100Declaration>((d, v) => d with { Path = v }, (d, v) => d with { Train = v }, (d, v) => d with { Test = v }, (d, v) => d with { Validation = v }, (d, v) => d with { Seed = v }, (d, v) => d with { Optional = v }),
            new TextField<Cifar100Declaration>("labels", d => d.Labels, (d, v) => d with { Labels = v }, "fine", "coarse"),
        ]);

    public static readonly Shape<SvhnDeclaration> Svhn = new(
        () => new(),
        [
            Kind<SvhnDeclaration>("svhn"),
            .. Stored<SvhnDeclaration>((d, v) => d with { Path = v }, (d, v) => d with { Train = v }, (d, v) => d with { Test = v }, (d, v) => d with { Validation = v }, (d, v) => d with { Seed = v }, (d, v) => d with { Optional = v }),
            new BooleanField<SvhnDeclaration>("extra", d => d.Extra, (d, v) => d with { Extra = v }),
        ]);

    public static readonly Shape<ImageFolderDeclaration> ImageFolder = new(
        () => new(),
        [
            Kind<ImageFolderDeclaration>("image-folder"),
            .. Stored<ImageFolderDeclaration>((d, v) => d with { Path = v }, (d, v) => d with { Train = v }, (d, v) => d with { Test = v }, (d, v) => d with { Validation = v }, (d, v) => d with { Seed = v }, (d, v) => d with { Optional = v }),
            new IntegerField<ImageFolderDeclaration>("size", 0, 1024, d => d.Size, (d, v) => d with { Size = v }),
            new BooleanField<ImageFolderDeclaration>("flip", d => d.Flip, (d, v) => d with { Flip = v }),
            new NumberField<ImageFolderDeclaration>("testShare", 0, 0.9, d => d.TestShare, (d, v) => d with { TestShare = v }) { CameLater = true },
        ]);

    public static readonly Shape<IdxDeclaration> Idx = new(
        () => new(),
        [
            Kind<IdxDeclaration>("idx"),
            .. Stored<IdxDeclaration>((d, v) => d with { Path = v }, (d, v) => d with { Train = v }, (d, v) => d with { Test = v }, (d, v) => d with { Validation = v }, (d, v) => d with { Seed = v }, (d, v) => d with { Optional = v }),
            new BooleanField<IdxDeclaration>("flip", d => d.Flip, (d, v) => d with { Flip = v }),
        ]);

    /// <summary>The data sets of all kinds.</summary>
    public static readonly IReadOnlyList<Shape> Datasets = [StreetDigits, Cifar10, Cifar100, Svhn, ImageFolder, Idx];

    public static readonly Shape<ActivationDeclaration> Activation = new(
        () => new(),
        new TextField<ActivationDeclaration>("kind", d => d.Kind, (d, v) => d with { Kind = v }) { Check = ActivationNames.Complaint, Pattern = ActivationNames.Pattern },
        new IntegerField<ActivationDeclaration>("bits", 1, 8, d => d.Bits, (d, v) => d with { Bits = v }) { Also = ActivationDeclaration.FullPrecision });

    public static readonly Shape<LipschitzDeclaration> Lipschitz = new(
        () => new(),
        new NumberField<LipschitzDeclaration>("beta", 0, 1, d => d.Beta, (d, v) => d with { Beta = v }),
        new TextField<LipschitzDeclaration>("of", d => d.Of, (d, v) => d with { Of = v }, "weights", "folded"),
        new TextField<LipschitzDeclaration>("form", d => d.Form, (d, v) => d with { Form = v }, "orthogonal", "bound"),
        new BooleanField<LipschitzDeclaration>("linear", d => d.Linear, (d, v) => d with { Linear = v }),
        new NumberField<LipschitzDeclaration>("delay", 0, 1, d => d.Delay, (d, v) => d with { Delay = v }),
        new NumberField<LipschitzDeclaration>("warmup", 0, 1, d => d.Warmup, (d, v) => d with { Warmup = v }),
        new TextField<LipschitzDeclaration>("constraint", d => d.Constraint, (d, v) => d with { Constraint = v }, LipschitzDeclaration.None, LipschitzDeclaration.Spectral, LipschitzDeclaration.Orthogonal) { CameLater = true },
        new NumberField<LipschitzDeclaration>("limit", 0.001, 1000, d => d.Limit, (d, v) => d with { Limit = v }) { CameLater = true });

    public static readonly Shape<LossDeclaration> Loss = new(
        () => new(),
        new TextField<LossDeclaration>("kind", d => d.Kind, (d, v) => d with { Kind = v }, "cross-entropy", LossDeclaration.MarginKind) { CameLater = true },
        new NumberField<LossDeclaration>("margin", 1e-6, 1e6, d => d.Margin, (d, v) => d with { Margin = v }) { CameLater = true });

    public static readonly Shape<OptimizerDeclaration> Optimizer = new(
        () => new(),
        new NumberField<OptimizerDeclaration>("learningRate", 1e-8, 100, d => d.LearningRate, (d, v) => d with { LearningRate = v }),
        new NumberField<OptimizerDeclaration>("momentum", 0, 0.9999, d => d.Momentum, (d, v) => d with { Momentum = v }),
        new BooleanField<OptimizerDeclaration>("nesterov", d => d.Nesterov, (d, v) => d with { Nesterov = v }),
        new NumberField<OptimizerDeclaration>("weightDecay", 0, 1, d => d.WeightDecay, (d, v) => d with { WeightDecay = v }),
        new NumberField<OptimizerDeclaration>("clip", 0, 1e6, d => d.Clip, (d, v) => d with { Clip = v }) { CameLater = true },
        new NumberField<OptimizerDeclaration>("ema", 0, 0.99999, d => d.Ema, (d, v) => d with { Ema = v }) { CameLater = true });

    public static readonly Shape<ScheduleDeclaration> Schedule = new(
        () => new(),
        new TextField<ScheduleDeclaration>("kind", d => d.Kind, (d, v) => d with { Kind = v }, "one-cycle", "step"),
        new NumberField<ScheduleDeclaration>("warmup", 0, 1, d => d.Warmup, (d, v) => d with { Warmup = v }),
        new NumberListField<ScheduleDeclaration>("milestones", 0, 1, d => d.Milestones, (d, v) => d with { Milestones = v }) { Rising = true },
        new NumberField<ScheduleDeclaration>("gamma", 1e-6, 1, d => d.Gamma, (d, v) => d with { Gamma = v }));

    public static readonly Shape<AugmentDeclaration> Augment = new(
        () => new(),
        new IntegerField<AugmentDeclaration>("crop", 0, 64, d => d.Crop, (d, v) => d with { Crop = v }),
        new BooleanField<AugmentDeclaration>("flip", d => d.Flip, (d, v) => d with { Flip = v }));

    public static readonly Shape<SqueezeDeclaration> Squeeze = new(
        () => new(),
        new IntegerField<SqueezeDeclaration>("bits", 0, 8, d => d.Bits, (d, v) => d with { Bits = v }),
        new IntegerField<SqueezeDeclaration>("median", 1, 9, d => d.Median, (d, v) => d with { Median = v }));

    public static readonly Shape<AdversarialDeclaration> Adversarial = new(
        () => new(),
        new TextField<AdversarialDeclaration>("kind", d => d.Kind, (d, v) => d with { Kind = v }, "none", "fgsm", "r+fgsm", "pgd"),
        new NumberField<AdversarialDeclaration>("epsilon", 0, 255, d => d.Epsilon, (d, v) => d with { Epsilon = v }),
        new NumberField<AdversarialDeclaration>("delta", 0.001, 127.5, d => d.Delta, (d, v) => d with { Delta = v }),
        new NumberField<AdversarialDeclaration>("alpha", 0.001, 255, d => d.Alpha, (d, v) => d with { Alpha = v }),
        new IntegerField<AdversarialDeclaration>("steps", 0, 100_000, d => d.Steps, (d, v) => d with { Steps = v }),
        new NumberField<AdversarialDeclaration>("share", 0.01, 1, d => d.Share, (d, v) => d with { Share = v }),
        new TextField<AdversarialDeclaration>("start", d => d.Start, (d, v) => d with { Start = v }, "uniform", "r+fgsm"));

    public static readonly Shape<WeightsDeclaration> Weights = new(
        () => new(),
        new TextField<WeightsDeclaration>("path", d => d.Path, (d, v) => d with { Path = v }) { InKey = false },
        new TextField<WeightsDeclaration>("from", d => d.From, (d, v) => d with { From = v }) { InKey = false },
        new TextMapField<WeightsDeclaration>("names", d => d.Names, (d, v) => d with { Names = v }),
        new NumberListField<WeightsDeclaration>("mean", 0, 1, d => d.Mean, (d, v) => d with { Mean = v }) { Repeats = true },
        new NumberListField<WeightsDeclaration>("std", 0.001, 10, d => d.Std, (d, v) => d with { Std = v }) { Repeats = true });

    public static readonly NetworkField Network = new("network");

    public static readonly Shape<TrainDeclaration> Train = new(
        () => new(),
        Text<TrainDeclaration>("dataset", d => d.Dataset, (d, v) => d with { Dataset = v }, inKey: false),
        Network,
        new TextField<TrainDeclaration>("residual", d => d.Residual, (d, v) => d with { Residual = v }, "sum", "convex"),
        new IntegerField<TrainDeclaration>("epochs", 0, 10_000, d => d.Epochs, (d, v) => d with { Epochs = v }),
        new IntegerField<TrainDeclaration>("batch", 1, 65_536, d => d.Batch, (d, v) => d with { Batch = v }),
        new TextField<TrainDeclaration>("precision", d => d.Precision, (d, v) => d with { Precision = v }, "float32", "bfloat16"),
        new IntegerField<TrainDeclaration>("weightBits", 8, 8, d => d.WeightBits, (d, v) => d with { WeightBits = v }) { Also = ActivationDeclaration.FullPrecision },
        Seed<TrainDeclaration>(d => d.Seed, (d, v) => d with { Seed = v }),
        new TextField<TrainDeclaration>("defense", d => d.Defense, (d, v) => d with { Defense = v }, DefensePresets.Words) { InKey = false, CameLater = true },
        new RecordField<TrainDeclaration, WeightsDeclaration>("weights", Weights, d => d.Weights, (d, v) => d with { Weights = v }) { Shorthand = "path", CameLater = true },
        new RecordField<TrainDeclaration, ActivationDeclaration>("activation", Activation, d => d.Activation, (d, v) => d with { Activation = v }),
        new RecordField<TrainDeclaration, LipschitzDeclaration>("lipschitz", Lipschitz, d => d.Lipschitz, (d, v) => d with { Lipschitz = v }),
        new RecordField<TrainDeclaration, LossDeclaration>("loss", Loss, d => d.Loss, (d, v) => d with { Loss = v }) { Shorthand = "kind", CameLater = true },
        new RecordField<TrainDeclaration, OptimizerDeclaration>("optimizer", Optimizer, d => d.Optimizer, (d, v) => d with { Optimizer = v }),
        new RecordField<TrainDeclaration, ScheduleDeclaration>("schedule", Schedule, d => d.Schedule, (d, v) => d with { Schedule = v }),
        new RecordField<TrainDeclaration, AugmentDeclaration>("augment", Augment, d => d.Augment, (d, v) => d with { Augment = v }),
        new RecordField<TrainDeclaration, SqueezeDeclaration>("squeeze", Squeeze, d => d.Squeeze, (d, v) => d with { Squeeze = v }),
        new RecordField<TrainDeclaration, AdversarialDeclaration>("adversarial", Adversarial, d => d.Adversarial, (d, v) => d with { Adversarial = v }));

    public static readonly Shape<CalibrationDeclaration> Calibration = new(
        () => new(),
        new TextField<CalibrationDeclaration>("method", d => d.Method, (d, v) => d with { Method = v }, "mse", "percentile", "range"),
        new NumberField<CalibrationDeclaration>("percentile", 50, 100, d => d.Percentile, (d, v) => d with { Percentile = v }),
        new IntegerField<CalibrationDeclaration>("samples", 1, 100_000, d => d.Samples, (d, v) => d with { Samples = v }));

    public static readonly Shape<QuantizeDeclaration> Quantize = new(
        () => new(),
        Text<QuantizeDeclaration>("model", d => d.Model, (d, v) => d with { Model = v }, inKey: false),
        new TextField<QuantizeDeclaration>("input", d => d.Input, (d, v) => d with { Input = v }, "float", "uint8"),
        new IntegerField<QuantizeDeclaration>("bits", 1, 8, d => d.Bits, (d, v) => d with { Bits = v }),
        new RecordField<QuantizeDeclaration, CalibrationDeclaration>("calibration", Calibration, d => d.Calibration, (d, v) => d with { Calibration = v }),
        new NumberField<QuantizeDeclaration>("maxLoss", 0, 100, d => d.MaxLoss, (d, v) => d with { MaxLoss = v }),
        new IntegerField<QuantizeDeclaration>("samples", 0, MaxCount, d => d.Samples, (d, v) => d with { Samples = v }),
        Seed<QuantizeDeclaration>(d => d.Seed, (d, v) => d with { Seed = v }));

    public static readonly Shape<PackageDeclaration> Package = new(
        () => new(),
        Text<PackageDeclaration>("model", d => d.Model, (d, v) => d with { Model = v }, inKey: false),
        new NameListField<PackageDeclaration>("formats", d => d.Formats, (d, v) => d with { Formats = v }, PackageDeclaration.Mlnet, PackageDeclaration.Stock, PackageDeclaration.Onnx),
        new RecordField<PackageDeclaration, SqueezeDeclaration>("detector", Squeeze, d => d.Detector, (d, v) => d with { Detector = v }));

    public static readonly Shape<AttackDeclaration> Attack = new(
        () => new(),
        [
            AttackKind(),
            new TextField<AttackDeclaration>("name", d => d.Name, (d, v) => d with { Name = v }) { InKey = false, Check = Names.Complaint, Pattern = Names.Pattern },
            .. AttackOptions(),
            new TextField<AttackDeclaration>("from", d => d.From, (d, v) => d with { From = v }) { InKey = false },
        ])
    { Check = AttackComplaint };

    /// <summary>The one attack of an entry, made on each model itself: it needs no name and has no substitute.</summary>
    private static readonly Shape<AttackDeclaration> OwnAttack = new(() => new(), [AttackKind(), .. AttackOptions()]) { Check = AttackComplaint };

    public static readonly Shape<GateDeclaration> Gate = new(
        () => new(),
        Text<GateDeclaration>("model", d => d.Model, (d, v) => d with { Model = v }),
        new TextField<GateDeclaration>("attack", d => d.Attack, (d, v) => d with { Attack = v }),
        new NumberField<GateDeclaration>("epsilon", 0, 255, d => d.Epsilon, (d, v) => d with { Epsilon = v }),
        new BooleanField<GateDeclaration>("blackBox", d => d.BlackBox, (d, v) => d with { BlackBox = v }),
        new OptionalNumberField<GateDeclaration>("atLeast", 0, 1, d => d.AtLeast, (d, v) => d with { AtLeast = v }),
        new TextField<GateDeclaration>("notWorseThan", d => d.NotWorseThan, (d, v) => d with { NotWorseThan = v }) { CameLater = true },
        new BooleanField<GateDeclaration>("trusted", d => d.Trusted, (d, v) => d with { Trusted = v }) { CameLater = true },
        new BooleanField<GateDeclaration>("certain", d => d.Certain, (d, v) => d with { Certain = v }))
    { OneOf = ["atLeast", "notWorseThan", "trusted"] };

    public static readonly Shape<EvaluateDeclaration> Evaluate = new(
        () => new(),
        new NameListField<EvaluateDeclaration>("models", d => d.Models, (d, v) => d with { Models = v }) { Required = true, AtLeastOne = "model" },
        new RecordListField<EvaluateDeclaration, AttackDeclaration>("attacks", Attack, d => d.Attacks, (d, v) => d with { Attacks = v }, (attack, _) => Named(attack)) { Shorthand = "kind" },
        new NumberListField<EvaluateDeclaration>("epsilon", 0, 255, d => d.Epsilon, (d, v) => d with { Epsilon = v }) { NotEmpty = true },
        new TextField<EvaluateDeclaration>("blackBoxFrom", d => d.BlackBoxFrom, (d, v) => d with { BlackBoxFrom = v }) { InKey = false },
        new IntegerField<EvaluateDeclaration>("samples", 0, MaxCount, d => d.Samples, (d, v) => d with { Samples = v }),
        new IntegerField<EvaluateDeclaration>("batch", 1, 65_536, d => d.Batch, (d, v) => d with { Batch = v }),
        Seed<EvaluateDeclaration>(d => d.Seed, (d, v) => d with { Seed = v }),
        new RecordField<EvaluateDeclaration, SqueezeDeclaration>("detector", Squeeze, d => d.Detector, (d, v) => d with { Detector = v }),
        new RecordListField<EvaluateDeclaration, GateDeclaration>("gates", Gate, d => d.Gates, (d, v) => d with { Gates = v }, (gate, place) => gate with { Place = place }) { InKey = false });

    public static readonly Shape<DistanceDeclaration> Distance = new(
        () => new(),
        new NameListField<DistanceDeclaration>("models", d => d.Models, (d, v) => d with { Models = v }) { Required = true, AtLeastOne = "model" },
        new RecordField<DistanceDeclaration, AttackDeclaration>("attack", OwnAttack, d => d.Attack, (d, v) => d with { Attack = v }) { Shorthand = "kind" },
        new NumberListField<DistanceDeclaration>("epsilon", 0, 255, d => d.Epsilon, (d, v) => d with { Epsilon = v }) { NotEmpty = true },
        new TextField<DistanceDeclaration>("at", d => d.At, (d, v) => d with { At = v }, DistanceDeclaration.FirstBlock, DistanceDeclaration.Convolutions),
        new IntegerField<DistanceDeclaration>("bits", 1, 8, d => d.Bits, (d, v) => d with { Bits = v }),
        new IntegerField<DistanceDeclaration>("samples", 0, MaxCount, d => d.Samples, (d, v) => d with { Samples = v }),
        new IntegerField<DistanceDeclaration>("batch", 1, 65_536, d => d.Batch, (d, v) => d with { Batch = v }),
        Seed<DistanceDeclaration>(d => d.Seed, (d, v) => d with { Seed = v }));

    public static readonly Shape<CertifyDeclaration> Certify = new(
        () => new(),
        new NameListField<CertifyDeclaration>("models", d => d.Models, (d, v) => d with { Models = v }) { Required = true, AtLeastOne = "model" },
        new NumberListField<CertifyDeclaration>("radii", 0, 1e6, d => d.Radii, (d, v) => d with { Radii = v }),
        new RecordField<CertifyDeclaration, AttackDeclaration>("attack", OwnAttack, d => d.Attack, (d, v) => d with { Attack = v }) { Shorthand = "kind" },
        new NumberField<CertifyDeclaration>("epsilon", 0, 255, d => d.Epsilon, (d, v) => d with { Epsilon = v }),
        new NumberField<CertifyDeclaration>("tolerance", 1e-8, 0.1, d => d.Tolerance, (d, v) => d with { Tolerance = v }),
        new IntegerField<CertifyDeclaration>("samples", 0, MaxCount, d => d.Samples, (d, v) => d with { Samples = v }),
        new IntegerField<CertifyDeclaration>("batch", 1, 65_536, d => d.Batch, (d, v) => d with { Batch = v }),
        Seed<CertifyDeclaration>(d => d.Seed, (d, v) => d with { Seed = v }));

    public static readonly Shape<SamplesDeclaration> Samples = new(
        () => new(),
        new NameListField<SamplesDeclaration>("models", d => d.Models, (d, v) => d with { Models = v }) { Required = true, AtLeastOne = "model" },
        new RecordField<SamplesDeclaration, AttackDeclaration>("attack", OwnAttack, d => d.Attack, (d, v) => d with { Attack = v }) { Shorthand = "kind" },
        new NumberField<SamplesDeclaration>("epsilon", 0, 255, d => d.Epsilon, (d, v) => d with { Epsilon = v }),
        new IntegerField<SamplesDeclaration>("count", 1, 1000, d => d.Count, (d, v) => d with { Count = v }),
        Seed<SamplesDeclaration>(d => d.Seed, (d, v) => d with { Seed = v }));

    public static readonly Shape<ReportDeclaration> Report = new(
        () => new(),
        new NameListField<ReportDeclaration>("of", d => d.Of, (d, v) => d with { Of = v }),
        new TextField<ReportDeclaration>("title", d => d.Title, (d, v) => d with { Title = v }),
        new NameListField<ReportDeclaration>("formats", d => d.Formats, (d, v) => d with { Formats = v }, ReportDeclaration.Html, ReportDeclaration.Markdown, ReportDeclaration.Json),
        new TextField<ReportDeclaration>("against", d => d.Against, (d, v) => d with { Against = v }));

    /// <summary>The root's own values; its sections of named entries are read by <see cref="PipelineFile"/>.</summary>
    public static readonly Shape<CacheDeclaration> Cache = new(
        () => new(),
        new TextField<CacheDeclaration>("remote", d => d.Remote, (d, v) => d with { Remote = v }),
        new BooleanField<CacheDeclaration>("write", d => d.Write, (d, v) => d with { Write = v }),
        new TextField<CacheDeclaration>("trust", d => d.Trust, (d, v) => d with { Trust = v }, CacheDeclaration.Any, CacheDeclaration.Signed),
        new NameListField<CacheDeclaration>("keys", d => d.Keys, (d, v) => d with { Keys = v }));

    public static readonly Shape<SlurmDeclaration> Slurm = new(
        () => new(),
        Demand<SlurmDeclaration>("partition", SlurmText.Name(), "a partition's name", d => d.Partition, (d, v) => d with { Partition = v }),
        Demand<SlurmDeclaration>("time", SlurmText.Time(), "minutes, H:MM:SS or D-HH:MM:SS", d => d.Time, (d, v) => d with { Time = v }),
        Demand<SlurmDeclaration>("memory", SlurmText.Memory(), "a number with K, M, G or T", d => d.Memory, (d, v) => d with { Memory = v }),
        new IntegerField<SlurmDeclaration>("gpus", 0, 64, d => d.Gpus, (d, v) => d with { Gpus = v }),
        new NameListField<SlurmDeclaration>("options", d => d.Options, (d, v) => d with { Options = v }))
    {
        Check = slurm => slurm.Options.FirstOrDefault(option => !option.StartsWith("--", StringComparison.Ordinal)) is { } option
            ? ("options", $"\"{option}\" is no option of sbatch with its value, such as \"--account=vision\"") : null,
    };

    public static readonly Shape<ExecutorsDeclaration> Executors = new(
        () => new(), new RecordField<ExecutorsDeclaration, SlurmDeclaration>("slurm", Slurm, d => d.Slurm, (d, v) => d with { Slurm = v }));

    public static readonly Shape<PipelineDeclaration> Root = new(
        () => new(),
        Seed<PipelineDeclaration>(d => d.Seed, (d, v) => d with { Seed = v }),
        new IntegerField<PipelineDeclaration>("threads", 1, 256, d => d.Threads, (d, v) => d with { Threads = v }),
        new RecordField<PipelineDeclaration, CacheDeclaration>("cache", Cache, d => d.Cache, (d, v) => d with { Cache = v }) { Shorthand = "remote" },
        new RecordField<PipelineDeclaration, ExecutorsDeclaration>("executors", Executors, d => d.Executors, (d, v) => d with { Executors = v }));

    /// <summary>The word by which a data set's declaration says what it is.</summary>
    public static string KindOf(Shape dataset) => dataset.Fields.First(field => field.Name == "kind").Words[0];

    private static IntegerField<T> Seed<T>(Func<T, int> get, Func<T, int, T> set) => new("seed", 0, int.MaxValue, get, set);

    private static TextField<T> Text<T>(string name, Func<T, string> get, Func<T, string, T> set, bool inKey = true) => new(name, get, set) { Required = true, InKey = inKey };

    /// <summary>A text of a form; an empty one demands nothing.</summary>
    private static TextField<T> Demand<T>(string name, Regex form, string wanted, Func<T, string> get, Func<T, string, T> set) => new(name, get, set)
    {
        Pattern = $"^$|{form}",
        Check = text => text.Length == 0 || form.IsMatch(text) ? null : $"should be {wanted}, not \"{text}\"",
    };

    /// <summary>The discriminating key: always one word, chosen before the shape was.</summary>
    private static TextField<T> Kind<T>(string word)
        where T : DatasetDeclaration => new("kind", d => d.Kind, (d, _) => d, word) { Required = true };

    private static Field<T>[] Stored<T>(Func<T, string, T> path, Func<T, int, T> train, Func<T, int, T> test, Func<T, int, T> validation, Func<T, int, T> seed, Func<T, bool, T> optional)
        where T : StoredDatasetDeclaration =>
    [
        Text("path", d => d.Path, path, inKey: false),
        new IntegerField<T>("train", 0, MaxCount, d => d.Train, train),
        new IntegerField<T>("test", 0, MaxCount, d => d.Test, test),
        new IntegerField<T>("validation", 0, MaxCount, d => d.Validation, validation),
        Seed(d => d.Seed, seed),
        new BooleanField<T>("optional", d => d.Optional, optional) { InKey = false },
    ];

    private static TextField<AttackDeclaration> AttackKind() =>
        new("kind", d => d.Kind, (d, v) => d with { Kind = v }, [.. AttackDeclaration.Kinds]) { Required = true };

    private static Field<AttackDeclaration>[] AttackOptions() =>
    [
        new IntegerField<AttackDeclaration>("steps", 0, 100_000, d => d.Steps, (d, v) => d with { Steps = v }),
        new NumberField<AttackDeclaration>("alpha", 0.001, 255, d => d.Alpha, (d, v) => d with { Alpha = v }),
        new TextField<AttackDeclaration>("start", d => d.Start, (d, v) => d with { Start = v }, "uniform", "r+fgsm"),
        new IntegerField<AttackDeclaration>("restarts", 1, 1000, d => d.Restarts, (d, v) => d with { Restarts = v }),
        new TextField<AttackDeclaration>("loss", d => d.Loss, (d, v) => d with { Loss = v }, [.. AttackDeclaration.Losses]) { CameLater = true },
        new TextField<AttackDeclaration>("norm", d => d.Norm, (d, v) => d with { Norm = v }, [.. AttackDeclaration.Norms]) { CameLater = true },
        new TextField<AttackDeclaration>("backward", d => d.Backward, (d, v) => d with { Backward = v }, [.. AttackDeclaration.BackwardPasses]) { CameLater = true },
        new IntegerField<AttackDeclaration>("targets", 1, 1000, d => d.Targets, (d, v) => d with { Targets = v }) { CameLater = true },
        new IntegerField<AttackDeclaration>("queries", 1, 1_000_000, d => d.Queries, (d, v) => d with { Queries = v }) { CameLater = true },
        new IntegerField<AttackDeclaration>("average", 1, 1000, d => d.Average, (d, v) => d with { Average = v }) { CameLater = true },
    ];

    private static (string Key, string Text)? AttackComplaint(AttackDeclaration attack) =>
        attack.IsDefinedInNorm() ? null : ("norm", "the random step of r+fgsm is defined in linf alone; leave \"norm\" out, or take pgd with its uniform start");

    private static AttackDeclaration Named(AttackDeclaration attack) => attack.Name.Length > 0 ? attack : attack with { Name = attack.Kind };
}
