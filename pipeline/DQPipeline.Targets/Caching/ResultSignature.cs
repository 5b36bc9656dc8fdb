using System.Security.Cryptography;
using System.Text;
using DQPipeline.Declarations;

namespace DQPipeline.Targets.Caching;

/// <summary>
/// Signatures of results, ECDSA on P-256 over SHA-256: a result says what came of a key, which nothing but the word of whoever computed it vouches for. The signature stands in a second line behind the result's own.
/// </summary>
public static class ResultSignature
{
    private const string Prefix = "ecdsa-p256-sha256 ";

    /// <summary>A new pair: the private key as PEM, for DQ_CACHE_SIGNING_KEY, and the public one as dq.json has it.</summary>
    public static (string Private, string Public) Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (key.ExportPkcs8PrivateKeyPem(), Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()));
    }

    /// <summary>What is wrong with a public key, or null.</summary>
    public static string? Complaint(string publicKey)
    {
        try
        {
            using var key = Read(publicKey);
            return null;
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            return $"\"{(publicKey.Length > 20 ? publicKey[..20] + "…" : publicKey)}\" is no public key; `dq cache key` prints one";
        }
    }

    /// <summary>The line that signs a result, with its end.</summary>
    /// <exception cref="DqException">DQ6011: the key is none.</exception>
    internal static byte[] Sign(ReadOnlySpan<byte> result, string privateKey)
    {
        try
        {
            using var key = ECDsa.Create();
            // Where a variable can hold no line ends, they may be written.
            key.ImportFromPem(privateKey.Replace("\\n", "\n", StringComparison.Ordinal));
            return Encoding.ASCII.GetBytes($"{Prefix}{Convert.ToBase64String(key.SignData(result, HashAlgorithmName.SHA256))}\n");
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw new DqException(DiagnosticCodes.RemoteUntrusted, "DQ_CACHE_SIGNING_KEY holds no private key in PEM; `dq cache key` makes one", inner: e);
        }
    }

    /// <summary>Whether a line is the signature of a result by one of some keys.</summary>
    internal static bool Holds(ReadOnlySpan<byte> result, ReadOnlySpan<byte> line, IEnumerable<string> publicKeys)
    {
        var text = Encoding.ASCII.GetString(line).TrimEnd('\n');
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        var signature = new byte[128];
        if (!Convert.TryFromBase64String(text[Prefix.Length..], signature, out var length))
            return false;
        foreach (var publicKey in publicKeys)
        {
            using var key = Read(publicKey);
            if (key.VerifyData(result, signature.AsSpan(0, length), HashAlgorithmName.SHA256))
                return true;
        }

        return false;
    }

    private static ECDsa Read(string publicKey)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }
}
