namespace DQPipeline.Declarations.Tests;

public class PlainTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text, größer, 漢字, ε = 8", "plain text, größer, 漢字, ε = 8")]
    [InlineData("a\nb\r\tc", "a\\nb\\r\\tc")]
    [InlineData("\u001b[31mred\u0007\u009b", "\\u001b[31mred\\u0007\\u009b")]
    [InlineData("gpj.\u202egnp", "gpj.\\u202egnp")]
    [InlineData("\u2066a\u2069\u2028\u200f\u061c", "\\u2066a\\u2069\\u2028\\u200f\\u061c")]
    [InlineData("🐈 👩‍🚀", "🐈 👩‍🚀")]
    public void What_would_act_on_a_terminal_becomes_an_escape_and_the_rest_stays(string text, string expected) => Assert.Equal(expected, PlainText.Of(text));

    [Fact]
    public void Half_a_character_is_replaced() => Assert.Equal("a\ufffdb", PlainText.Of("a\ud83db"));

    [Fact]
    public void A_diagnostic_is_one_line_whatever_its_file_is_called() => Assert.Equal(
        "a\\nb\\u001b[2J/dq.json(1,2): error DQ1003: of \\u202e",
        new Diagnostic("DQ1003", "of \u202e", new SourcePlace("a\nb\u001b[2J/dq.json", 1, 2)).ToString());
}
