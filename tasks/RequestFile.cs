using System.Text;
using System.Xml;
using Microsoft.Build.Framework;

namespace DQPipeline.MSBuild;

/// <summary>
/// What the tool is asked for, resolved to the last option. It is rewritten only when something in it changes, so that other targets can have it among their inputs.
/// Read by tool/MSBuild/BuildRequest.cs.
/// </summary>
internal sealed class RequestFile
{
    /// <summary>The version of the request and of the lines that answer it.</summary>
    private const string Protocol = "1";

    private readonly StringBuilder _text = new();
    private readonly XmlWriter _writer;

    public RequestFile(string version, string folder)
    {
        _writer = XmlWriter.Create(_text, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true, NewLineChars = "\n" });
        _writer.WriteStartElement("dq");
        Attribute("protocol", Protocol);
        Attribute("version", version);
        Attribute("folder", folder);
    }

    /// <summary>A value of the request itself; before all elements. An empty one is left out.</summary>
    public void Attribute(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            _writer.WriteAttributeString(name, value);
    }

    public void Elements(string name, IEnumerable<string> values)
    {
        foreach (var value in values)
            _writer.WriteElementString(name, value);
    }

    /// <summary>Items that declare something.</summary>
    public void Items(IEnumerable<ITaskItem> items)
    {
        foreach (var item in items)
        {
            var options = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (string name in item.CloneCustomMetadata().Keys)
            {
                if (name is not (DqRequestTask.TypeMetadata or DqRequestTask.FileMetadata))
                    options[name] = item.GetMetadata(name);
            }

            Item(item.GetMetadata(DqRequestTask.TypeMetadata), item.ItemSpec, item.GetMetadata(DqRequestTask.FileMetadata), options);
        }
    }

    /// <summary>What properties declare; nothing where all of them are empty.</summary>
    public void Properties(string type, string file, IReadOnlyDictionary<string, string> options)
    {
        foreach (var option in options)
        {
            if (option.Value.Length == 0)
                continue;
            Item(type, "", file, options);
            return;
        }
    }

    /// <summary>Writes the file where its content is another one; true where it was.</summary>
    public bool WriteTo(string path)
    {
        _writer.WriteEndElement();
        _writer.Flush();
        return TextFile.WriteIfChanged(path, _text.ToString());
    }

    private void Item(string type, string include, string file, IEnumerable<KeyValuePair<string, string>> options)
    {
        _writer.WriteStartElement("item");
        _writer.WriteAttributeString("type", type);
        _writer.WriteAttributeString("include", include);
        _writer.WriteAttributeString("file", file);
        foreach (var option in options)
        {
            if (option.Value.Length == 0)
                continue;
            _writer.WriteStartElement("option");
            _writer.WriteAttributeString("name", option.Key);
            _writer.WriteString(option.Value);
            _writer.WriteEndElement();
        }

        _writer.WriteEndElement();
    }
}
