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
              "train": { "m": { "dataset": "photos", "epochs": 2, "batch": 4, "activation": { "bits": 4 } } },
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

        // Commands that need no build read it there too.
        foreach (var command in (string[])["data show photos", "export m --onnx m.onnx", "attack m --data photos --attack fgsm --epsilon 2 --out m.npz"])
        {
            File.WriteAllBytes(decoded, damaged);
            Assert.Contains("warning DQ6001", (await DqTool.RunAsync(folder.Path, command.Split(' '))).Expect(0).Error, StringComparison.Ordinal);
            Assert.Equal(sound, File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder.At(".dq", "cache", "images"), "*.safetensors"))));
        }

        (await DqTool.RunAsync(folder.Path, "cache", "gc", "--keep-days", "0")).Expect(0);
        Assert.False(File.Exists(decoded));
        (await DqTool.RunAsync(folder.Path, "build", "--force")).Expect(0);
        Assert.Equal(sound, File.ReadAllBytes(decoded));
        Assert.Equal(recorded, File.ReadAllBytes(folder.At("dq.lock")));

        // An export does without images that are not there, and says so; those that are damaged are to be mended.
        File.WriteAllBytes(folder.At("photos", "train", "red", "0.png"), [1, 2, 3]);
        Assert.Contains("error DQ2002", (await DqTool.RunAsync(folder.Path, "export", "m", "--onnx", "m.onnx")).Expect(1).Error, StringComparison.Ordinal);
        Directory.Move(folder.At("photos"), folder.At("elsewhere"));
        var nearest = (await DqTool.RunAsync(folder.Path, "export", "m", "--onnx", "m.onnx")).Expect(0).Error;
        Assert.Contains("there are no training images at hand", nearest, StringComparison.Ordinal);
        Assert.Contains("the data set 'photos' is not at", nearest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_would_act_on_a_terminal_or_a_page_are_shown_and_not_obeyed()
    {
        const string hostile = "\u001b[2J\u202e\n<script>alert(1)</script>";
        using var folder = new Folder("""
            { "threads": 1,
              "datasets": { "photos": { "kind": "image-folder", "path": "photos.zip", "size": 8 } },
              "train": { "m": { "dataset": "photos", "epochs": 1, "batch": 4 } },
              "samples": { "s": { "models": ["m"], "attack": "fgsm", "epsilon": 8, "count": 2 } },
              "report": { "r": { "of": ["s"] } } }
            """);
        using (var archive = System.IO.Compression.ZipFile.Open(folder.At("photos.zip"), System.IO.Compression.ZipArchiveMode.Create))
        {
            foreach (var (label, picture) in new[] { (hostile, Red), ("blue", Blue) })
            {
                foreach (var name in (string[])["train/{0}/1.png", "train/{0}/2.png", "test/{0}/1.png"])
                {
                    // A folder cannot hold a '/', the end of a tag has one.
                    using var entry = archive.CreateEntry(string.Format(System.Globalization.CultureInfo.InvariantCulture, name, label.Replace('/', '\u2215'))).Open();
                    entry.Write(Convert.FromBase64String(picture));
                }
            }
        }

        File.WriteAllBytes(folder.At("red.png"), Convert.FromBase64String(Red));
        string[][] commands = [["build"], ["data", "show", "photos"], ["metrics"], ["predict", folder.At(".dq", "out", "m", "model.safetensors"), "red.png"], ["predict", folder.At(".dq", "out", "m", "model.safetensors"), "red.png", "--json"], ["status"]];
        var shown = 0;
        foreach (var command in commands)
        {
            var ran = (await DqTool.RunAsync(folder.Path, command)).Expect(0);
            // JSON is for programs, to whom a mark of direction is a character like any.
            Assert.DoesNotContain(ran.Output + ran.Error, c => (char.IsControl(c) && c is not ('\n' or '\r')) || (c == '\u202e' && !command.Contains("--json")));
            shown += (ran.Output + ran.Error).Contains("u001b[2J", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        }

        Assert.InRange(shown, 2, commands.Length);
        var page = File.ReadAllText(Assert.Single(Directory.GetFiles(folder.At(".dq", "out", "r"), "*.html")));
        Assert.Contains("alert(1)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', page);
    }
}
