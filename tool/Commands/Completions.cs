using System.CommandLine;
using DQPipeline.Declarations;
using DQPipeline.Targets.Graph;

namespace DQPipeline.Tool.Commands;

/// <summary>What can stand where a target or a model is asked for, for completion: nothing where there is no dq.json, or none that can be read.</summary>
internal static class Completions
{
    /// <summary>Completes <c>[DIR] [TARGET…]</c>, and refuses mistyped options there.</summary>
    /// <param name="words">The words.</param>
    /// <param name="more">What may stand there besides.</param>
    public static Argument<string[]> OfTargets(this Argument<string[]> words, params string[] more)
    {
        words.CompletionSources.Add(context =>
        {
            string[] typed = [.. context.ParseResult.GetResult(words)?.Tokens.Select(token => token.Value) ?? []];
            // The word in work is no folder yet.
            var (folder, _) = Opened.Split(typed.Length > 0 && typed[^1] == context.WordToComplete ? typed[..^1] : typed);
            return Targets(folder, graph => graph.Selectors(context.WordToComplete)).Concat(more).Select(word => new System.CommandLine.Completions.CompletionItem(word));
        });
        return words.NoOption();
    }

    /// <summary>Completes the names of models, and refuses mistyped options there.</summary>
    public static T OfModels<T>(this T model)
        where T : Argument
    {
        model.CompletionSources.Add(_ => Targets(".", graph => graph.Targets.OfType<ModelTarget>().Select(target => target.Name)).Select(name => new System.CommandLine.Completions.CompletionItem(name)));
        return model.NoOption();
    }

    /// <summary>What is chosen of a folder's graph; nothing where it has none.</summary>
    public static IReadOnlyList<T> Targets<T>(string folder, Func<TargetGraph, IEnumerable<T>> choose)
    {
        try
        {
            return [.. choose(Opened.At(folder, []).Graph)];
        }
        catch (Exception e) when (e is DqException || AtomicFile.IsWriteFailure(e))
        {
            return [];
        }
    }
}
