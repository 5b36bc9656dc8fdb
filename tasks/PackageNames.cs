using System.Text;

namespace DQPipeline.MSBuild;

/// <summary>
/// The names in the section "package" of a dq.json, read without the tool: a design-time build starts nothing, and still has classes for the models to come.
/// A file that is not well formed gives what could be read of it; the build itself will complain of it.
/// </summary>
internal sealed class PackageNames
{
    private readonly string _text;
    private int _at;

    private PackageNames(string text) => _text = text;

    public static IReadOnlyList<string> In(string json)
    {
        var names = new List<string>();
        new PackageNames(json).Read(names);
        return names;
    }

    /// <summary>Goes through the tokens; keys are texts that a colon follows, at the depth of the root or of the section.</summary>
    private void Read(List<string> names)
    {
        var depth = 0;
        string? section = null;
        while (Next() is var token && token != '\0')
        {
            if (token is '{' or '[')
            {
                depth++;
            }
            else if (token is '}' or ']')
            {
                depth--;
            }
            else if (token == '"')
            {
                var text = ReadText();
                var isKey = Next() == ':';
                if (!isKey)
                    _at--;
                else if (depth == 1)
                    section = text;
                else if (depth == 2 && section == "package")
                    names.Add(text);
            }
        }
    }

    /// <summary>The next character that is neither white space nor in a comment, and steps over it; 0 at the end.</summary>
    private char Next()
    {
        while (_at < _text.Length)
        {
            var c = _text[_at++];
            if (char.IsWhiteSpace(c))
                continue;
            if (c != '/' || _at == _text.Length)
                return c;
            var isLine = _text[_at] == '/';
            var end = _text.IndexOf(isLine ? "\n" : "*/", _at, StringComparison.Ordinal);
            _at = end < 0 ? _text.Length : end + (isLine ? 1 : 2);
        }

        // One beyond the end, so that a caller may always step back.
        _at = _text.Length + 1;
        return '\0';
    }

    private string ReadText()
    {
        var text = new StringBuilder();
        while (_at < _text.Length && _text[_at] != '"')
        {
            // Names have no escapes; what has some is no name.
            if (_text[_at] == '\\')
                _at++;
            if (_at < _text.Length)
                text.Append(_text[_at++]);
        }

        _at++;
        return text.ToString();
    }
}
