using DQPipeline.Declarations;

namespace DQPipeline.Targets.Graph;

/// <summary>The error about a name that nothing declares, with what was probably meant.</summary>
internal static class Suggestion
{
    public static DqException Unknown(string what, string name, IEnumerable<string> known, SourcePlace? place)
    {
        var hint = Spelling.DidYouMean(name, known.Where(k => k.Length > 0).Distinct());
        return new DqException(DiagnosticCodes.UnknownName, $"{what} '{name}', which nothing declares{(hint.Length > 0 ? hint : "; 'dq status' lists every target")}", place);
    }
}
