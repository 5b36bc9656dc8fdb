using System.Text;
using DQPipeline.Declarations.Json;
using DQPipeline.Declarations.Shapes;

namespace DQPipeline.Declarations;

/// <summary>The normal form of single declarations: for keys, for worker jobs, for model files.</summary>
public static class Declaration
{
    /// <summary>
    /// The options of a declaration as "path → JSON text", defaults written out, in canonical order, without what changes no result
    /// (names, places, paths): <c>lipschitz.beta → 0.001</c>.
    /// </summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Options(object declaration)
    {
        var options = new List<KeyValuePair<string, string>>(24);
        Dispatch(declaration, new AddOptions(options));
        return options;
    }

    /// <summary>The whole declaration as one line of JSON, which <see cref="FromJson{T}"/> reads back.</summary>
    public static string ToJson(object declaration)
    {
        var write = new WriteJson();
        Dispatch(declaration, write);
        return write.Text;
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote. Names and places are not in it.</summary>
    /// <exception cref="DqException">The text is not such a declaration.</exception>
    public static T FromJson<T>(string json)
        where T : class
    {
        var diagnostics = new List<Diagnostic>();
        var node = SourceReader.Parse(Encoding.UTF8.GetBytes(json), typeof(T).Name, diagnostics);
        object? declaration = null;
        if (node is not null)
        {
            var context = new ReadContext(diagnostics);
            if (typeof(T) == typeof(TrainDeclaration))
                declaration = Declared.Train.Read(node, context);
            else if (typeof(T) == typeof(QuantizeDeclaration))
                declaration = Declared.Quantize.Read(node, context);
            else if (typeof(T) == typeof(PackageDeclaration))
                declaration = Declared.Package.Read(node, context);
            else if (typeof(T) == typeof(EvaluateDeclaration))
                declaration = Declared.Evaluate.Read(node, context);
            else if (typeof(T) == typeof(DistanceDeclaration))
                declaration = Declared.Distance.Read(node, context);
            else if (typeof(T) == typeof(CertifyDeclaration))
                declaration = Declared.Certify.Read(node, context);
            else if (typeof(T) == typeof(SamplesDeclaration))
                declaration = Declared.Samples.Read(node, context);
            else if (typeof(T) == typeof(ReportDeclaration))
                declaration = Declared.Report.Read(node, context);
            else if (typeof(T) == typeof(AttackDeclaration))
                declaration = Declared.Attack.Read(node, context);
            else if (typeof(T) == typeof(ActivationDeclaration))
                declaration = Declared.Activation.Read(node, context);
            else if (typeof(T) == typeof(SqueezeDeclaration))
                declaration = Declared.Squeeze.Read(node, context);
            else if (typeof(T) == typeof(DatasetDeclaration))
                declaration = ReadDataset(node, context, seed: 0);
            else
                throw new ArgumentException($"{typeof(T).Name} is not a declaration.");
        }

        return diagnostics.Count == 0 && declaration is T result ? result : throw new DqException(diagnostics);
    }

    internal static DatasetDeclaration? ReadDataset(SourceNode node, ReadContext context, int seed)
    {
        string[] kinds = [.. Declared.Datasets.Select(Declared.KindOf)];
        if (node["kind"] is not { } kind)
        {
            context.Complain(DiagnosticCodes.MissingKey, $"\"kind\" is missing: one of {string.Join(", ", kinds)}", node.Place);
            return null;
        }

        switch (kind.Text)
        {
            case "street-digits": return Declared.StreetDigits.Read(node, context, new StreetDigitsDeclaration { Seed = seed });
            case "cifar-10": return Declared.Cifar10.Read(node, context, new Cifar10Declaration { Seed = seed });
            case "cifar-100": return Declared.Cifar100.Read(node, context, new Cifar100Declaration { Seed = seed });
            case "svhn": return Declared.Svhn.Read(node, context, new SvhnDeclaration { Seed = seed });
            case "image-folder": return Declared.ImageFolder.Read(node, context, new ImageFolderDeclaration { Seed = seed });
            case "idx": return Declared.Idx.Read(node, context, new IdxDeclaration { Seed = seed });
            default:
                context.Complain(DiagnosticCodes.OutOfRange, $"\"kind\" is one of {string.Join(", ", kinds)}, not {kind.Describe()}{Spelling.DidYouMean(kind.Text, kinds)}", kind.Place);
                return null;
        }
    }

    private static void Dispatch(object declaration, IUse use)
    {
        switch (declaration)
        {
            case TrainDeclaration train: use.Take(Declared.Train, train); break;
            case EvaluateDeclaration evaluate: use.Take(Declared.Evaluate, evaluate); break;
            case DistanceDeclaration distance: use.Take(Declared.Distance, distance); break;
            case CertifyDeclaration certify: use.Take(Declared.Certify, certify); break;
            case QuantizeDeclaration quantize: use.Take(Declared.Quantize, quantize); break;
            case PackageDeclaration package: use.Take(Declared.Package, package); break;
            case SamplesDeclaration samples: use.Take(Declared.Samples, samples); break;
            case ReportDeclaration report: use.Take(Declared.Report, report); break;
            case AttackDeclaration attack: use.Take(Declared.Attack, attack); break;
            case ActivationDeclaration activation: use.Take(Declared.Activation, activation); break;
            case SqueezeDeclaration squeeze: use.Take(Declared.Squeeze, squeeze); break;
            case StreetDigitsDeclaration digits: use.Take(Declared.StreetDigits, digits); break;
            case Cifar10Declaration cifar: use.Take(Declared.Cifar10, cifar); break;
            case Cifar100Declaration cifar: use.Take(Declared.Cifar100, cifar); break;
            case SvhnDeclaration svhn: use.Take(Declared.Svhn, svhn); break;
            case ImageFolderDeclaration folder: use.Take(Declared.ImageFolder, folder); break;
            case IdxDeclaration idx: use.Take(Declared.Idx, idx); break;
            default: throw new ArgumentException($"{declaration.GetType().Name} is not a declaration.", nameof(declaration));
        }
    }

    private interface IUse
    {
        void Take<T>(Shape<T> shape, T declaration);
    }

    private sealed class AddOptions(List<KeyValuePair<string, string>> options) : IUse
    {
        public void Take<T>(Shape<T> shape, T declaration) => shape.AddOptions(declaration, "", options);
    }

    private sealed class WriteJson : IUse
    {
        public string Text { get; private set; } = "";

        public void Take<T>(Shape<T> shape, T declaration) => Text = Normal.Text(writer => shape.Write(writer, declaration, keyOnly: false));
    }
}
