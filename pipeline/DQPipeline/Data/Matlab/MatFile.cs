using System.Buffers.Binary;
using System.Text;
using DQPipeline.Imaging;
using Microsoft.Win32.SafeHandles;

namespace DQPipeline.Data.Matlab;

/// <summary>
/// A MATLAB file of version 5 (MATLAB 5 to 7; "MAT-File Format", The MathWorks), either byte order, its variables compressed or not. It is read where it lies: opening it reads the
/// head of each variable and nothing of its numbers. Files of version 7.3, which are HDF5, are recognised and refused.
/// </summary>
internal sealed class MatFile : IDisposable
{
    private const int HeaderBytes = 128, HdfUserBlock = 512;

    private static ReadOnlySpan<byte> HdfSignature => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0d, 0x0a, 0x1a, 0x0a];

    private readonly SafeFileHandle _file;
    private readonly long _length;
    private readonly bool _bigEndian;

    /// <summary>Opens a file and lists its variables.</summary>
    /// <param name="path">The file, which exists.</param>
    /// <exception cref="Declarations.DqException">DQ2002: no such file of MATLAB, one of version 7.3, or a damaged one.</exception>
    public MatFile(string path)
    {
        Path = path;
        OrdinaryFile.Require(path, "Fetch it again.");
        _file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        try
        {
            _length = RandomAccess.GetLength(_file);
            _bigEndian = ReadHeader();
            Variables = [.. List()];
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>The named variables, in the order of the file.</summary>
    public IReadOnlyList<MatVariable> Variables { get; }

    /// <summary>The variable of a name.</summary>
    /// <exception cref="Declarations.DqException">DQ2002: there is none, or more than one.</exception>
    public MatVariable Find(string name)
    {
        var found = Variables.Where(variable => variable.Name == name).ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 => throw DataErrors.Corrupt($"{Path} has no variable {name}{(Variables.Count == 0 ? "" : $"; it has {string.Join(", ", Variables.Take(10).Select(variable => variable.Name))}")}. Fetch the file again, or save it with X and y."),
            _ => throw DataErrors.Corrupt($"{Path} has the variable {name} twice. Save it with one of the two."),
        };
    }

    /// <summary>Opens a variable's numbers.</summary>
    /// <exception cref="Declarations.DqException">DQ2002: the file is damaged there.</exception>
    public MatElement Open(MatVariable variable)
    {
        var element = OpenAt(variable.At);
        try
        {
            _ = element.ReadHead();
            element.ReadDataTag();
            return element;
        }
        catch
        {
            element.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private MatElement OpenAt(long at) => new(this, _file, at, _length, _bigEndian);

    private IEnumerable<MatVariable> List()
    {
        for (long at = HeaderBytes; at < _length;)
        {
            using var element = OpenAt(at);
            if (element.ReadHead() is { } variable)
                yield return variable;
            at = element.End;
        }
    }

    /// <summary>Whether numbers begin with their high byte.</summary>
    private bool ReadHeader()
    {
        var header = new byte[Math.Min(_length, HdfUserBlock + 8)];
        if (RandomAccess.Read(_file, header, 0) < header.Length)
            throw DataErrors.Corrupt($"{Path} became shorter while it was read.");
        // Version 7.3 puts its own 128 bytes, and a number of version, before what is otherwise an HDF5 file.
        if (header.AsSpan().StartsWith(HdfSignature) || header.AsSpan().EndsWith(HdfSignature) || header.AsSpan().StartsWith("MATLAB 7.3"u8))
            throw DataErrors.Corrupt($"{Path} is a MATLAB 7.3 file, which is HDF5. Save its variables with `save -v7` (in Python: scipy.io.savemat), or fetch the published file.");
        if (header.Length < HeaderBytes)
            throw DataErrors.Corrupt($"{Path} has {header.Length} bytes, too few for a MATLAB file. Fetch it again.");

        var bigEndian = header[126] == 'M' && header[127] == 'I';
        if (!bigEndian && !(header[126] == 'I' && header[127] == 'M'))
            throw DataErrors.Corrupt($"{Path} begins with \"{Printable(header.AsSpan(0, 16))}\" and is no MATLAB file of version 5 to 7. Fetch it again, or save it with `save -v7`.");
        var version = bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(124)) : BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(124));
        return version == 0x0100 ? bigEndian
            : throw DataErrors.Corrupt($"{Path} says that it is a MATLAB file of version {version:x4}; 0100 is read. Save it with `save -v7`, or fetch it again.");
    }

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var value in bytes)
            text.Append(value is >= 0x20 and < 0x7f ? (char)value : '.');
        return text.ToString();
    }
}
