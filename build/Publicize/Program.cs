using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;

// Usage: Publicize FROM TO TYPE…
// Only the visibility bits of the rows of three metadata tables change (ECMA-335, II.22: TypeDef, Field, MethodDef), so the copy has the same size and the same everything else.
if (args.Length < 3)
{
    Console.Error.WriteLine("Publicize FROM TO TYPE…");
    return 2;
}

var file = File.ReadAllBytes(args[0]);
using var portable = new PEReader(ImmutableCollectionsMarshal.AsImmutableArray(file));
var metadata = portable.GetMetadataReader();
var start = portable.PEHeaders.MetadataStartOffset;
var wanted = args[2..].ToHashSet();
foreach (var handle in metadata.TypeDefinitions)
{
    var type = metadata.GetTypeDefinition(handle);
    if (!wanted.Remove(FullName(handle)))
        continue;
    Change(
        TableIndex.TypeDef, handle, offset: 0,
        flags => (int)(((TypeAttributes)flags & ~TypeAttributes.VisibilityMask) | (type.IsNested ? TypeAttributes.NestedPublic : TypeAttributes.Public)), size: 4);
    foreach (var method in type.GetMethods())
        Change(TableIndex.MethodDef, method, offset: 6, flags => (int)(((MethodAttributes)flags & ~MethodAttributes.MemberAccessMask) | MethodAttributes.Public), size: 2);
    foreach (var field in type.GetFields())
        Change(TableIndex.Field, field, offset: 0, flags => (int)(((FieldAttributes)flags & ~FieldAttributes.FieldAccessMask) | FieldAttributes.Public), size: 2);
}

if (wanted.Count > 0)
{
    Console.Error.WriteLine($"Publicize: error : {args[0]} has no {string.Join(", ", wanted)}");
    return 1;
}

File.WriteAllBytes(args[1], file);
return 0;

string FullName(TypeDefinitionHandle handle)
{
    var type = metadata.GetTypeDefinition(handle);
    var name = metadata.GetString(type.Name);
    return type.IsNested ? $"{FullName(type.GetDeclaringType())}+{name}" : $"{metadata.GetString(type.Namespace)}.{name}";
}

void Change(TableIndex table, EntityHandle handle, int offset, Func<int, int> change, int size)
{
    var row = start + metadata.GetTableMetadataOffset(table) + ((MetadataTokens.GetRowNumber(handle) - 1) * metadata.GetTableRowSize(table)) + offset;
    var bytes = file.AsSpan(row, size);
    if (size == 4)
        MemoryMarshal.Write(bytes, change(MemoryMarshal.Read<int>(bytes)));
    else
        MemoryMarshal.Write(bytes, (short)change(MemoryMarshal.Read<short>(bytes)));
}
