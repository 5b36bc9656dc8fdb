using System.Diagnostics;

namespace DQPipeline.Journeys;

/// <summary>Whatever goes wrong: a coded line, the right exit code, nothing lost, and the next build goes on.</summary>
public class FailureJourneys
{
    [Theory]
    [InlineData("{ \"train\": ", "dq.json(1,", "DQ1001")]
    [InlineData("{ \"tarin\": {} }", "dq.json(1,3): error DQ1002: unknown key \"tarin\"; did you mean \"train\"?", "DQ1002")]
    [InlineData("{ \"seed\": \"x\" }", "dq.json(1,11)", "DQ1003")]
    public async Task A_bad_declaration_is_exit_code_2_at_its_place(string declaration, string place, string code)
    {
        using var folder = new Folder(declaration);
        foreach (var command in (string[])["build", "status", "metrics", "graph"])
        {
            var ran = (await DqTool.RunAsync(folder.Path, command)).Expect(2);
            Assert.Contains(place, ran.Error, StringComparison.Ordinal);
            Assert.Contains($"error {code}", ran.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("buidl")]
    [InlineData("build", "--jbos", "1")]
    [InlineData("build", "--jobs", "0")]
    [InlineData("build", "--device", "tpu")]
    [InlineData("build", "nothing-of-this-name")]
    [InlineData("attack", "x.safetensors", "--data", "d", "--attack", "pgd", "--epsilon", "300", "--out", "x.npz")]
    [InlineData("attack", "x.onnx", "--data", "d", "--attack", "square", "--epsilon", "8", "--out", "x.npz", "--mean", "0.5,a,0.5")]
    [InlineData("attack", "x.onnx", "--data", "d", "--attack", "square", "--epsilon", "8", "--out", "x.npz", "--scale", "bytes")]
    [InlineData("data", "fetch", "imagenet")]
    [InlineData("attack", "x.safetensors", "--data", "d", "--attack", "pgd", "--epsilon", "nan", "--out", "x.npz")]
    [InlineData("init", "new", "--from-images", "photos", "--built-in")]
    [InlineData("clean", "no-folder")]
    [InlineData("cache", "ls", "no-folder")]
    [InlineData("cache", "verify", "no-folder")]
    public async Task Bad_usage_is_exit_code_2(params string[] arguments)
    {
        using var folder = new Folder();
        Assert.NotEmpty((await DqTool.RunAsync(folder.Path, arguments)).Expect(2).Error);
    }

    [Theory]
    [InlineData("DIR TARGET", "build", "")]
    [InlineData("DIR TARGET", "build", ".", "train/full", "")]
    [InlineData("--sarif", "build", "--sarif", "")]
    [InlineData("DIR", "status", "")]
    [InlineData("DIR", "metrics", "", "diff", "HEAD")]
    [InlineData("--out", "report", "--out", "")]
    [InlineData("IMAGE", "predict", "full", "")]
    public async Task An_empty_word_is_told_before_anything_is_done(string name, params string[] arguments)
    {
        using var folder = new Folder();
        Assert.Contains($"dq: {name} is given an empty word; leave it out, or name something", (await DqTool.RunAsync(folder.Path, arguments)).Expect(2).Error, StringComparison.Ordinal);
        Assert.Equal(["dq.json"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("m.onnx", "pgd", "", "--attack pgd follows a gradient, and an .onnx file gives none; square is the attack that needs none")]
    [InlineData("m.onnx", "random", "", "--attack random is made on .safetensors files alone; on an .onnx file use square")]
    [InlineData("m.onnx", "square", "--device cuda", "--device cuda: .onnx files run on the processor")]
    [InlineData("m.safetensors", "square", "--layout nchw --mean 1,2,3", "--layout, --mean: ")]
    public async Task What_a_kind_of_file_knows_nothing_of_is_refused_in_words_before_anything_is_read(string model, string attack, string more, string words)
    {
        using var folder = new Folder();
        File.WriteAllText(folder.At(model), "");
        var ran = (await DqTool.RunAsync(folder.Path, ["attack", model, "--data", "street", "--attack", attack, "--epsilon", "8", "--out", "x.npz", .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)])).Expect(2);
        Assert.Contains("error DQ1004: " + words, ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("init", "--buit-in", "--built-in")]
    [InlineData("clean", "--al", "--all")]
    [InlineData("cache ls", "--jso", "--json")]
    [InlineData("cache gc", "--keep-day", "--keep-days")]
    [InlineData("attach", "--cancle", "--cancel")]
    [InlineData("watch", "--devcie", "--device")]
    [InlineData("status", "--jsno", "--json")]
    [InlineData("report", "--agianst", "--against")]
    [InlineData("metrics diff", "--fromat", "--format")]
    [InlineData("predict dq", "--jsno", "--json")]
    public async Task A_mistyped_option_is_no_folder_and_no_file(string command, string typed, string meant)
    {
        using var folder = new Folder();
        var ran = (await DqTool.RunAsync(folder.Path, [.. command.Split(' '), typed])).Expect(2);
        Assert.Contains($"there is no option {typed}; did you mean \"{meant}\"?", ran.Error, StringComparison.Ordinal);
        Assert.Equal(["dq.json"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("--input", "uint8")]
    [InlineData("--bits", "4")]
    [InlineData("--data", "nothing")]
    public async Task What_only_an_integer_model_has_is_refused_of_a_float_one(string option, string value)
    {
        using var folder = new Folder();
        var ran = (await DqTool.RunAsync(folder.Path, "export", "dq", "--onnx", "dq.onnx", "--float", option, value)).Expect(2);
        Assert.Contains($"{option} is for integer models", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_may_stand_somewhere_is_listed_on_one_line()
    {
        using var folder = new Folder();
        Assert.Contains("Must be one of: 'bash', 'zsh', 'fish', 'pwsh'\n", (await DqTool.RunAsync(folder.Path, "completion", "bsh")).Expect(2).Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistyped_option_or_command_is_answered_with_the_likely_one()
    {
        using var folder = new Folder();
        Assert.Contains("did you mean \"--jobs\"?", (await DqTool.RunAsync(folder.Path, "build", "--jbos", "1")).Expect(2).Error, StringComparison.Ordinal);
        Assert.Contains("did you mean \"build\"?", (await DqTool.RunAsync(folder.Path, "buidl")).Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_declarations_says_what_to_do()
    {
        using var folder = new Folder(null);
        Assert.Contains("error DQ1010", (await DqTool.RunAsync(folder.Path, "build")).Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_killed_by_signal_9_is_a_failed_target_and_the_next_build_goes_on()
    {
        using var folder = new Folder(Folder.Small.Replace("\"epochs\": 1", "\"epochs\": 40", StringComparison.Ordinal));
        using var build = DqTool.Start(folder.Path, null, "build", "train/full", "--json");
        var error = build.StandardError.ReadToEndAsync();
        var output = build.StandardOutput.ReadToEndAsync();
        using var worker = await WorkerOf(build);
        worker.Kill();
        await build.WaitForExitAsync();
        Assert.Equal(1, build.ExitCode);
        Assert.Contains("error DQ6003", await error, StringComparison.Ordinal);
        Assert.Contains("\"exitCode\": 1", await output, StringComparison.Ordinal);
        folder.Edit("\"epochs\": 40", "\"epochs\": 1");
        (await DqTool.RunAsync(folder.Path, "build", "train/full", "--quiet")).Expect(0);
    }

    [Fact]
    public async Task A_killed_build_resumes_from_its_checkpoint_and_ends_with_the_same_bits()
    {
        var declaration = Folder.Small.Replace("\"epochs\": 1", "\"epochs\": 40", StringComparison.Ordinal);
        using var undisturbed = new Folder(declaration);
        (await DqTool.RunAsync(undisturbed.Path, "build", "train/full", "--quiet")).Expect(0);

        using var folder = new Folder(declaration);
        using (var build = DqTool.Start(folder.Path, CheckpointOften, "build", "train/full", "--quiet"))
        {
            using var worker = await WorkerOf(build);
            await CheckpointOf(build, folder);
            build.Kill();
            worker.Kill();
            await build.WaitForExitAsync();
            await worker.WaitForExitAsync();
        }

        var resumed = (await DqTool.RunAsync(folder.Path, CheckpointOften, "build", "train/full")).Expect(0);
        Assert.Matches(@"resumed at step [1-9]", resumed.Error);
        Assert.Equal(File.ReadAllBytes(undisturbed.At(".dq", "out", "full", "model.safetensors")), File.ReadAllBytes(folder.At(".dq", "out", "full", "model.safetensors")));
    }

    [Fact]
    public async Task Ctrl_C_is_exit_code_130_and_leaves_a_checkpoint()
    {
        using var folder = new Folder(Folder.Small.Replace("\"epochs\": 1", "\"epochs\": 40", StringComparison.Ordinal));
        using var build = DqTool.Start(folder.Path, InterruptibleOften, "build", "train/full");
        var error = build.StandardError.ReadToEndAsync();
        using var worker = await WorkerOf(build);
        await CheckpointOf(build, folder);
        using (var interrupt = Process.Start("kill", ["-INT", $"{build.Id}"]))
            await interrupt.WaitForExitAsync();
        await build.WaitForExitAsync();
        Assert.True(build.ExitCode == 130, await error);
        Assert.Matches(@"resumed at step [1-9]", (await DqTool.RunAsync(folder.Path, "build", "train/full")).Expect(0).Error);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Signals_that_come_at_once_are_one_wish(string signal)
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "train/full", "--quiet")).Expect(0);
        using var attack = DqTool.Start(folder.Path, InterruptibleOften, "attack", "full", "--data", "street", "--attack", "pgd", "--steps", "100000", "--epsilon", "8", "--out", "x.npz");
        // Its progress: from then on it is at work.
        var first = await attack.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        // By a program of its own each: the system makes one of those that come before the first is taken.
        Run("bash", "-c", $"for i in 1 2 3; do env kill -{signal} {attack.Id}; done; true");
        var error = await attack.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await attack.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains("dq: cancelled", new Ran(attack.ExitCode, "", $"{first}\n{error}").Expect(130).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    public async Task Nobody_to_be_told_is_no_reason_to_fail(string redirection)
    {
        using var folder = new Folder();
        (await ShellAsync(folder, $"build train/full {redirection}")).Expect(0);
        Assert.True(File.Exists(folder.At("dq.lock")) && File.Exists(folder.At(".dq", "out", "full", "model.safetensors")));
        (await ShellAsync(folder, $"build --bad {redirection}")).Expect(2);
    }

    [Theory]
    [InlineData(">/dev/full")]
    [InlineData(">&-")]
    public async Task Results_that_cannot_be_written_are_a_coded_error(string redirection)
    {
        using var folder = new Folder();
        Assert.Contains("error DQ6004: cannot write standard output: ", (await ShellAsync(folder, $"status --json {redirection}")).Expect(1).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("attack full --data street --attack fgsm --epsilon 2 --out", ".npz")]
    [InlineData("export full --data street --onnx", ".onnx")]
    public async Task A_file_that_cannot_be_written_is_told_before_the_work_for_it_and_its_folder_is_made(string command, string extension)
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "train/full", "--quiet")).Expect(0);
        var words = command.Split(' ');
        (await DqTool.RunAsync(folder.Path, [.. words, $"new/folder/x{extension}"])).Expect(0);
        Assert.Equal([$"x{extension}"], Directory.EnumerateFileSystemEntries(folder.At("new", "folder")).Select(Path.GetFileName));
        // Before the work: the data are not even looked for, of which there are none.
        folder.Edit("street-digits\", \"train\": 200, \"test\": 100", "idx\", \"path\": \"nowhere\"");
        foreach (var (file, why) in ((string, string)[])[("dq.json/x", "dq.json"), ("new", "\"new\": that is a folder; name a file")])
        {
            var ran = (await DqTool.RunAsync(folder.Path, [.. words, file])).Expect(1);
            Assert.Contains($"error DQ6004: cannot write {why}", ran.Error.Replace(folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain("build again", ran.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_folder_is_no_image()
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "train/full", "--quiet")).Expect(0);
        Assert.Contains("error DQ2001: . is a folder; name the image files in it", (await DqTool.RunAsync(folder.Path, "predict", "full", ".")).Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Merge_conflict_markers_in_the_lock_are_told_and_nothing_is_overwritten()
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "train/full", "--quiet")).Expect(0);
        var damaged = $"<<<<<<< ours\n{File.ReadAllText(folder.At("dq.lock"))}";
        File.WriteAllText(folder.At("dq.lock"), damaged);
        Assert.Contains("error DQ6002", (await DqTool.RunAsync(folder.Path, "build")).Expect(1).Error, StringComparison.Ordinal);
        Assert.Equal(damaged, File.ReadAllText(folder.At("dq.lock")));
    }

    [Fact]
    public async Task A_damaged_cache_entry_is_noticed_and_built_again()
    {
        using var folder = new Folder();
        (await DqTool.RunAsync(folder.Path, "build", "train/full", "--quiet")).Expect(0);
        var model = folder.At(".dq", "out", "full", "model.safetensors");
        var (bytes, workers) = (File.ReadAllBytes(model), folder.Workers());
        var entries = Directory.GetFiles(folder.At(".dq", "cache", "objects"), "*", SearchOption.AllDirectories);
        Assert.NotEmpty(entries);
        foreach (var entry in entries)
        {
            File.SetAttributes(entry, FileAttributes.Normal);
            var damaged = File.ReadAllBytes(entry);
            damaged[^1] ^= 1;
            File.WriteAllBytes(entry, damaged);
        }

        File.Delete(model);
        Assert.Contains("warning DQ6001", (await DqTool.RunAsync(folder.Path, "build", "train/full")).Expect(0).Error, StringComparison.Ordinal);
        Assert.Equal(workers + 1, folder.Workers());
        Assert.Equal(bytes, File.ReadAllBytes(model));
    }

    [Fact]
    public async Task Broken_images_are_named()
    {
        using var folder = new Folder("""
            { "datasets": { "photos": { "kind": "image-folder", "path": "photos" } }, "train": { "m": { "dataset": "photos", "epochs": 1 } } }
            """);
        foreach (var split in (string[])["train", "test"])
        {
            foreach (var label in (string[])["cat", "dog"])
            {
                Directory.CreateDirectory(folder.At("photos", split, label));
                File.WriteAllBytes(folder.At("photos", split, label, "0001.jpg"), [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3]);
            }
        }

        var ran = (await DqTool.RunAsync(folder.Path, "build")).Expect(1);
        Assert.Contains("dq.json(1,17): error DQ2002", ran.Error, StringComparison.Ordinal);
        Assert.Contains("0001.jpg", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_a_coded_error_and_the_next_build_goes_on()
    {
        using var folder = new Folder(null);
        _ = Testing.RealData.Require(Environment.UserName == "root" ? "root" : null, "the right to mount a small file system");
        // Room for the first checkpoint, not for the second beside it.
        Run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder.Path);
        try
        {
            folder.Declare(Folder.Small.Replace("\"epochs\": 1", "\"epochs\": 20", StringComparison.Ordinal));
            var ran = (await DqTool.RunAsync(folder.Path, CheckpointOften, "build", "train/full")).Expect(1);
            Assert.Contains("error DQ6004", ran.Error, StringComparison.Ordinal);
            Run("mount", "-o", "remount,size=200m", folder.Path);
            (await DqTool.RunAsync(folder.Path, CheckpointOften, "build", "train/full")).Expect(0);
        }
        finally
        {
            Run("umount", folder.Path);
        }
    }

    [Fact]
    public async Task A_missing_backend_is_a_coded_error_with_its_mend()
    {
        using var folder = new Folder();
        using var empty = new Folder(null);
        var ran = (await DqTool.RunAsync(folder.Path, start => start.Environment["DQ_LIBTORCH"] = empty.Path, "build", "train/full")).Expect(1);
        Assert.Contains("error DQ3001", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("TypeInitializationException", ran.Error, StringComparison.Ordinal);
    }

    /// <summary>Where no pipeline is, in a folder of the user's own; and by the NuGet.config of the folder in which one stands.</summary>
    [Fact]
    public async Task A_backend_is_restored_where_nobody_else_can_write()
    {
        using var folder = new Folder(null);
        foreach (var name in (string[])["home", "packages", "work 100 %"])
            Directory.CreateDirectory(folder.At(name));
        var work = folder.At("work 100 %");
        File.WriteAllText(Path.Combine(work, "m.safetensors"), "");
        var (host, told) = (folder.At("host"), folder.At("told"));
        File.WriteAllText(host, $"#!/bin/sh\nstat -c '%a %n' \"$PWD\" > '{told}'\nprintf '%s\\n' \"$@\" >> '{told}'\necho error: none\nexit 1\n");
        Run("chmod", "+x", host);
        var ran = (await DqTool.RunAsync(
            work,
            start => (start.Environment["DOTNET_HOST_PATH"], start.Environment["NUGET_PACKAGES"], start.Environment["XDG_DATA_HOME"], start.Environment["DQ_RESTORE"]) = (host, folder.At("packages"), folder.At("home"), null),
            "export", "m.safetensors", "--onnx", "m.onnx")).Expect(1);
        Assert.Contains("error DQ3001", ran.Error, StringComparison.Ordinal);
        var lines = File.ReadAllLines(told);
        Assert.StartsWith($"700 {folder.At("home", "dqpipeline", "backend-")}", lines[0], StringComparison.Ordinal);
        Assert.Contains($"-p:RestoreRootConfigDirectory={folder.At("work 100 %25")}", lines);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.At("home", "dqpipeline")));
    }

    private static void CheckpointOften(ProcessStartInfo start) => start.Environment["DQ_CHECKPOINT_SECONDS"] = "0.2";

    /// <summary>As <see cref="CheckpointOften"/>, and Ctrl-C works even where these tests run in the background of a shell, which has its children ignore it.</summary>
    private static void InterruptibleOften(ProcessStartInfo start)
    {
        CheckpointOften(start);
        start.ArgumentList.Insert(0, "--default-signal=INT");
        start.ArgumentList.Insert(1, start.FileName);
        start.FileName = "env";
    }

    private static Task<Ran> ShellAsync(Folder folder, string words) =>
        DqTool.RunAsync(folder.Path, start => (start.FileName, start.ArgumentList[0], start.ArgumentList[1]) = ("bash", "-c", $"'{DqTool.Program}' {words}"), "", "");

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>Waits for the first checkpoint of a build.</summary>
    private static async Task CheckpointOf(Process build, Folder folder)
    {
        var checkpoints = folder.At(".dq", "checkpoints");
        while (!Directory.Exists(checkpoints) || !Directory.EnumerateFiles(checkpoints, "*.safetensors", SearchOption.AllDirectories).Any())
        {
            Assert.False(build.HasExited, "the build ended before it wrote a checkpoint");
            await Task.Delay(20);
        }
    }

    /// <summary>The worker that a build has started; waits for it.</summary>
    private static async Task<Process> WorkerOf(Process build)
    {
        while (!build.HasExited)
        {
            var children = File.Exists($"/proc/{build.Id}/task/{build.Id}/children") ? Directory.EnumerateDirectories($"/proc/{build.Id}/task").SelectMany(Children).ToList() : [];
            foreach (var child in children)
            {
                if (File.ReadAllText($"/proc/{child}/cmdline").Contains("worker", StringComparison.Ordinal))
                    return Process.GetProcessById(child);
            }

            await Task.Delay(5);
        }

        Assert.Fail($"the build ended with {build.ExitCode} before it started a worker");
        throw new InvalidOperationException();

        static IEnumerable<int> Children(string task)
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return [];
            }
        }
    }
}
