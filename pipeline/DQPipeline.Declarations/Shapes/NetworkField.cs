using System.Text.Json;
using DQPipeline.Declarations.Json;

namespace DQPipeline.Declarations.Shapes;

/// <summary>A network: its name, its layers in one text, or <c>{ "layers": [...] }</c>. The record has one text for each of them.</summary>
internal sealed class NetworkField(string name) : Field<TrainDeclaration>(name)
{
    private const string Layers = "layers";

    public override TrainDeclaration Read(TrainDeclaration record, SourceNode node, ReadContext context)
    {
        if (node.Kind == NodeKind.Text && !LayerList.IsList(node.Text))
        {
            if (NetworkNames.Complaint(node.Text) is not { } complaint)
                return record with { Network = node.Text };
            context.Complain(DiagnosticCodes.OutOfRange, $"\"{Name}\": {complaint}", node.Place);
            return record;
        }

        if (Texts(node, context) is not { } texts)
            return record;
        var layers = LayerList.Read([.. texts.Select(text => text.Text)], side: null, out var fault);
        if (fault is null)
            return record with { Network = LayerList.Text(layers) };
        Complain(fault, node, context);
        return record;
    }

    /// <summary>Says what is wrong with a layer, at its place.</summary>
    public void Complain(LayerFault fault, SourceNode node, ReadContext context) =>
        context.Complain(DiagnosticCodes.OutOfRange, $"\"{Name}\": {fault}", node[Layers] is { Items: { } items } && fault.Index < items.Count ? items[fault.Index].Place : node.Place);

    public override void WriteValue(Utf8JsonWriter writer, TrainDeclaration record, bool keyOnly) => writer.WriteStringValue(record.Network);

    public override void WriteDefault(Utf8JsonWriter writer, TrainDeclaration fresh) => writer.WriteStringValue(fresh.Network);

    public override SourceNode FromText(string text, SourcePlace place, char separator) => TextNode.Of(text, place);

    public override void WriteSchema(SchemaWriter writer) => writer.TextOrTexts(
        NetworkNames.Pattern, Layers, NetworkLayer.Pattern, "conv CHANNELS [KxK] [/STEP], block CHANNELS [/STEP] and maxpool, one after the other, and linear at the end.");

    private List<SourceNode>? Texts(SourceNode node, ReadContext context)
    {
        if (node.Kind == NodeKind.Text)
            return [.. LayerList.Texts(node.Text).Select(text => TextNode.Of(text, node.Place))];
        if (node.Kind != NodeKind.Object || node[Layers] is not { Kind: NodeKind.Array } list)
        {
            context.WrongType(Name, $"a name or {{ \"{Layers}\": [\"conv 32\", …, \"linear\"] }}", node);
            return null;
        }

        if (node.Members.Find(member => member.Name != Layers) is { } unknown)
        {
            context.Complain(DiagnosticCodes.UnknownKey, $"\"{unknown.Name}\" is no key of a network, which has \"{Layers}\" alone", unknown.Place);
            return null;
        }

        if (list.Items.Find(item => item.Kind != NodeKind.Text) is not { } wrong)
            return list.Items;
        context.WrongType(Layers, "a list of texts", wrong);
        return null;
    }
}
