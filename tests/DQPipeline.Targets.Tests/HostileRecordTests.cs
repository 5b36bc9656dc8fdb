using System.Security.Cryptography;
using System.Text;
using DQPipeline.Targets.Records;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Targets.Tests;

/// <summary>Records with right checksums that no build has written, as a server may hand them out that one does not trust; and lines of workers that no worker writes. All of it was found by tests/DQPipeline.Fuzz.</summary>
public class HostileRecordTests
{
    private static readonly string s_key = new('a', 64);

    [Theory]
    [InlineData("{\"key\":\"KEY\",\"curve\":\"\\ud800\"")]
    [InlineData("{\"key\":\"KEY\",\"half \\ud800\":1")]
    [InlineData("{\"key\":\"KEY\",\"curve\":\"\u00ff\"")]
    [InlineData("{\"key\":\"KEY\",\"\u00f4\":1")]
    [InlineData("{\"key\":\"KEY\",\"outputs\":{\"../x\":{\"sha256\":\"KEY\",\"size\":1}}")]
    [InlineData("{\"key\":\"KEY\",\"metrics\":{\"correct\":2147483e648}")]
    [InlineData("[1")]
    public void A_result_with_its_right_hash_that_is_none_is_not_taken(string text)
    {
        var body = Encoding.Latin1.GetBytes(text.Replace("KEY", s_key, StringComparison.Ordinal));
        var sealed_ = Encoding.Latin1.GetBytes($"{Encoding.Latin1.GetString(body)},\"check\":\"{Convert.ToHexStringLower(SHA256.HashData(body))}\"}}\n");
        Assert.Null(ContentCache.Decode(sealed_, s_key));
    }

    [Fact]
    public void The_same_way_a_sound_one_is_taken()
    {
        var record = new TargetRecord(s_key, [], [new("correct", 2), new("samples", 9)], "IgA=");
        Assert.True(ContentCache.Decode(ContentCache.Encode(record), s_key)!.Same(record));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(int.MinValue, 0)]
    [InlineData(int.MaxValue, 2)]
    [InlineData(25, 2)]
    [InlineData(9, -1)]
    public void Numbers_that_a_text_of_bits_cannot_have_are_not_believed(int samples, int correct) => Assert.Null(Standing.Decode("IgA=", samples, correct));

    [Fact]
    public void The_right_numbers_are() => Assert.Equal([false, true, false, false, false, true, false, false, false], Standing.Decode("IgA=", 9, 2)!);

    [Theory]
    [InlineData("{\"event\":\"cell\"}")]
    [InlineData("{\"event\":\"cell\",\"id\":null,\"samples\":1,\"correct\":1,\"standing\":\"AQ==\"}")]
    [InlineData("{\"event\":\"message\"}")]
    [InlineData("{\"event\":\"message\",\"text\":null}")]
    [InlineData("{\"event\":\"done\",\"outputs\":[null]}")]
    [InlineData("{\"event\":\"done\",\"epochs\":[null]}")]
    [InlineData("{\"event\":\"diagnostic\",\"code\":\"DQ3001\"}")]
    public void A_line_that_lacks_what_an_event_must_have_is_none(string line) => Assert.Null(WorkerJson.ReadEvent(line));
}
