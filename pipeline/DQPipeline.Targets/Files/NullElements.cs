using System.Text.Json;

namespace DQPipeline.Targets.Files;

/// <summary>Finds elements of lists that are null. The serializer holds nulls of properties against their types, and lets those of lists pass.</summary>
internal static class NullElements
{
    /// <summary>Whether a list, at any depth, has an element that is null.</summary>
    /// <param name="json">Sound JSON.</param>
    public static bool Are(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var isValue = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Null && !isValue)
                return true;
            isValue = reader.TokenType == JsonTokenType.PropertyName;
        }

        return false;
    }
}
