using System.Reflection;
using System.Reflection.Emit;
using DQPipeline.Native;
using TorchSharp;

namespace DQPipeline.Tests.Native;

/// <summary>
/// TorchSharp lets go of the numbers that operators are given while libtorch still reads them: with garbage collections on other threads, `x.add_(1)` on an integer now and then throws
/// "argument alpha must not be a floating point number", or computes with something else. So the assembly makes no number but those that it holds.
/// </summary>
public class HeldNumbersTests
{
    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>Calls of TorchSharp that make a number and let go of it, directly or within: read from the compiled code of both.</summary>
    [Fact]
    public void No_number_is_handed_over_that_nobody_holds()
    {
        var letsGo = new Dictionary<MethodBase, bool>();
        var found = MethodsOf(typeof(Number).Assembly).Where(method => method.DeclaringType != typeof(Number) && method.DeclaringType?.DeclaringType != typeof(Number))
            .SelectMany(method => Called(method).Where(callee => callee.DeclaringType?.Assembly == typeof(torch).Assembly && LetsGo(callee, letsGo)).Select(callee => $"{method.DeclaringType?.Name}.{method.Name} → {callee}"))
            .Distinct();
        Assert.Empty(found);
    }

    /// <summary>The test above would find one: here is one.</summary>
    [Fact]
    public void One_that_is_handed_over_would_be_found()
    {
        static torch.Tensor Implicitly(torch.Tensor x) => x.mul(2.0);
        static torch.Tensor Within(torch.Tensor x, torch.Tensor y) => x.add(y);
        Assert.Contains(Called(((Delegate)Implicitly).Method), callee => LetsGo(callee, []));
        Assert.Contains(Called(((Delegate)Within).Method), callee => LetsGo(callee, []));
    }

    [Fact]
    public void A_number_is_made_once_and_has_its_value()
    {
        using var scope = torch.NewDisposeScope();
        Assert.Same(Number.Of(0.3), Number.Of(0.3));
        Assert.Same(Number.Of(7L), Number.Of(7L));
        Assert.Equal(0.3, Number.Of(0.3).ToDouble());
        Assert.Equal(7L, torch.zeros(1, torch.ScalarType.Int64).add_(Number.Of(7L), Number.One).item<long>());
        using var once = Number.New(-1.5);
        Assert.Equal(-3f, torch.full(1, 2f).mul(once).item<float>());
    }

    private static bool LetsGo(MethodBase method, Dictionary<MethodBase, bool> known)
    {
        if (IsMaker(method))
            return true;
        if (known.TryGetValue(method, out var answer))
            return answer;
        known[method] = false;
        return known[method] = method.DeclaringType != typeof(Scalar) && Called(method).Any(callee => callee.DeclaringType?.Assembly == typeof(torch).Assembly && LetsGo(callee, known));
    }

    private static bool IsMaker(MethodBase method) =>
        (method.DeclaringType == typeof(Scalar) && method.Name is "op_Implicit" or ".ctor") || (method is MethodInfo { ReturnType: var type } && type == typeof(Scalar) && method.Name == "ToScalar");

    private static IEnumerable<MethodBase> MethodsOf(Assembly assembly) => assembly.GetTypes()
        .SelectMany(type => type.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)).OfType<MethodBase>();

    private static IEnumerable<MethodBase> Called(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xFE ? BitConverter.ToInt16([code[at + 1], code[at]]) : code[at];
            var operation = Codes[value];
            at += operation.Size;
            if (operation.OperandType == OperandType.InlineMethod && Resolve(method, BitConverter.ToInt32(code, at)) is { } callee)
                yield return callee;
            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static MethodBase? Resolve(MethodBase method, int token)
    {
        try
        {
            return method.Module.ResolveMethod(
                token, method.DeclaringType?.GetGenericArguments(), method is MethodInfo { IsGenericMethod: true } ? method.GetGenericArguments() : null);
        }
        catch (Exception e) when (e is FileNotFoundException or TypeLoadException or BadImageFormatException)
        {
            // A method of an assembly that is not here is none of TorchSharp's.
            return null;
        }
    }
}
