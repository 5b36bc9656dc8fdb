namespace DQPipeline.Declarations.Tests;

public class SpellingTests
{
    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("fgms", "fgsm", 1)]
    [InlineData("epsilon", "epsilon", 0)]
    [InlineData("ca", "abc", 3)]
    public void Distance_is_the_optimal_string_alignment(string a, string b, int expected) => Assert.Equal(expected, Spelling.Distance(a, b));

    [Fact]
    public void Words_that_nobody_types_are_compared_with_nothing()
    {
        var (longest, longer) = (new string('a', 200), new string('a', 201));
        Assert.Equal(longest, Spelling.Closest(longest[..^1] + "b", [longer, longest]));
        Assert.Null(Spelling.Closest(longest, [longer]));
        Assert.Null(Spelling.Closest(longer, [longest, longer]));
    }

    [Fact]
    public void A_word_far_from_all_candidates_gets_no_suggestion() => Assert.Equal("", Spelling.DidYouMean("zebra", ["seed", "threads"]));
}
