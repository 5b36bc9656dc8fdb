namespace DQPipeline.Journeys;

/// <summary>A folder of photographs is decoded once: the first worker leaves what it decoded in the cache, and the others read it there.</summary>
public class ImageFolderJourneys
{
    // A red and a blue picture of 12×10 pixels.
    private const string Red = "iVBORw0KGgoAAAANSUhEUgAAAAwAAAAKCAIAAAAPTiitAAAAE0lEQVR42mM4IcdFEDGMKqKeIgCrwXCB64FjtgAAAABJRU5ErkJggg==";
    private const string Blue = "iVBORw0KGgoAAAANSUhEUgAAAAwAAAAKCAIAAAAPTiitAAAAE0lEQVR42mPg0rhDEDGMKqKeIgAaZ36RsoF0rgAAAABJRU5ErkJggg==";

    [Fact]
    public async Task Photographs_are_decoded_once_and_damage_to_what_was_decoded_is_mended_and_told()
    {
        using var folder = new Folder("""
            { "threads": 1,
              "datasets": { "photos": { "kind": "image-folder", "path": "photos", "size": 8 } },
              "train": { "m": { "dataset": "photos", "epochs": 2, "batch": 4 } },
              "evaluate": { "clean": { "models": ["m"] } } }
            """);
        foreach (var (label, picture) in new[] { ("red", Red), ("blue", Blue) })
        {
            foreach (var split in (string[])["train", "test"])
            {
                Directory.CreateDirectory(folder.At("photos", split, label));
                for (var i = 0; i < 6; i++)
                    File.WriteAllBytes(folder.At("photos", split, label, $"{i}.png"), Convert.FromBase64String(picture));
            }
        }

        (await DqTool.RunAsync(folder.Path, "build")).Expect(0);
        var recorded = File.ReadAllBytes(folder.At("dq.lock"));
        var decoded = Assert.Single(Directory.GetFiles(folder.At(".dq", "cache", "images"), "*.safetensors"));
        var sound = File.ReadAllBytes(decoded);
        // 24 images of one colour each, one plane behind the other.
        Assert.Equal(24 * 3 * 8 * 8, sound.Length - Array.LastIndexOf(sound, (byte)0) - 1);
        Assert.Equal(64, sound.AsSpan(sound.Length - 64).Count((byte)10));

        var damaged = sound.ToArray();
        damaged[^1] ^= 1;
        File.WriteAllBytes(decoded, damaged);
        var again = (await DqTool.RunAsync(folder.Path, "build", "--force")).Expect(0);
        Assert.Contains("warning DQ6001", again.Error, StringComparison.Ordinal);
        Assert.Equal(sound, File.ReadAllBytes(decoded));
        Assert.Equal(recorded, File.ReadAllBytes(folder.At("dq.lock")));

        (await DqTool.RunAsync(folder.Path, "cache", "gc", "--keep-days", "0")).Expect(0);
        Assert.False(File.Exists(decoded));
        (await DqTool.RunAsync(folder.Path, "build", "--force")).Expect(0);
        Assert.Equal(sound, File.ReadAllBytes(decoded));
        Assert.Equal(recorded, File.ReadAllBytes(folder.At("dq.lock")));
    }
}
