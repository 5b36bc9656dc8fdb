using System.Diagnostics;

namespace DQPipeline.Journeys;

/// <summary>What a shell offers after the Tab key.</summary>
public sealed class CompletionJourneys : IDisposable
{
    private readonly Folder folder = new("""
        {
          "datasets": { "street": { "kind": "street-digits" } },
          "train": { "full": { "dataset": "street" }, "grid": { "extends": "full", "matrix": { "activation.bits": [1, 2], "lipschitz.beta": [0, 1e-3] } } },
          "evaluate": { "robustness": { "models": ["full", "grid"], "attacks": ["fgsm", "pgd"], "epsilon": [2, 8] } },
        }
        """);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("bui", "build")]
    [InlineData("build f", "full")]
    [InlineData("build ", "full grid grid@bits=1,beta=0 grid@bits=1,beta=0.001 grid@bits=2,beta=0 grid@bits=2,beta=0.001 robustness")]
    [InlineData("build robustness/f", "robustness/full")]
    [InlineData("build robustness/full/p", "robustness/full/pgd@2 robustness/full/pgd@8")]
    [InlineData("build --dev", "--device")]
    [InlineData("build --device c", "cpu cuda")]
    [InlineData("build nothing", "")]
    [InlineData("predict fu", "full")]
    [InlineData("explain DQ400", "DQ4001 DQ4002")]
    [InlineData("metrics d", "diff")]
    [InlineData("completion ", "bash fish pwsh zsh")]
    public async Task What_is_typed_is_gone_on_with(string typed, string expected) =>
        Assert.Equal(expected, (await DqTool.RunAsync(folder.Path, "suggest", "--", typed)).Expect(0).Output.TrimEnd().ReplaceLineEndings(" "));

    [Fact]
    public async Task The_folder_is_the_one_that_is_typed_and_where_there_is_none_nothing_is_offered()
    {
        Assert.Equal("robustness", (await DqTool.RunAsync("/", "suggest", "--", $"build {folder.Path} rob")).Expect(0).Output.TrimEnd());
        Assert.Equal("", (await DqTool.RunAsync("/", "suggest", "--", "build rob")).Expect(0).Output.TrimEnd());
        File.WriteAllText(folder.At("dq.json"), "{ broken");
        Assert.Equal("", (await DqTool.RunAsync(folder.Path, "suggest", "--", "build rob")).Expect(0).Output.TrimEnd());
    }

    /// <summary>The script in a real bash, which splits words at = and @ and replaces only what stands behind the last.</summary>
    [Theory]
    [InlineData("dotnet-dq build grid@bits=2,", "2,beta=0 2,beta=0.001")]
    [InlineData("dotnet-dq build . rob", "robustness")]
    [InlineData("dotnet-dq gra", "graph")]
    public async Task Bash_completes(string line, string expected)
    {
        const string script = """
            PATH=$1:$PATH; cd "$2"; source <(dotnet-dq completion bash)
            COMP_WORDBREAKS=$' \t\n"\'@><=;|&(:'; COMP_LINE=$3; COMP_POINT=${#3}; COMP_WORDS=($3); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            complete -p dotnet-dq | grep -q -- '-F __dq ' && __dq && echo "${COMPREPLY[*]}"
            """;
        using var bash = Process.Start(new ProcessStartInfo("bash", ["--norc", "-c", script, "bash", Path.GetDirectoryName(DqTool.Program)!, folder.Path, line]) { RedirectStandardOutput = true })!;
        Assert.Equal(expected, (await bash.StandardOutput.ReadToEndAsync()).TrimEnd());
        await bash.WaitForExitAsync();
    }
}
