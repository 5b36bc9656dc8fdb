namespace DQPipeline.Packages.Tests;

/// <summary>A stranger's project, from `dotnet new` to `dotnet publish`.</summary>
[Collection("machine")]
public class BuildJourneys(Machine machine)
{
    [Fact(Explicit = true)]
    public async Task A_stranger_adds_the_package_and_builds()
    {
        var project = machine.New("app");
        (await project.DotnetAsync("new", "console", "--name", "App", "--output", ".", "--no-restore")).Expect(0);
        (await project.DotnetAsync("add", "package", "DQPipeline.MSBuild", "--version", machine.Version)).Expect(0);
        project.Write("dq.json", Apps.Pipeline);
        project.Write("Program.cs", Apps.Program);

        (await project.DotnetAsync("build")).Expect(0).Says("dq: started").Says("0 Warning(s)");
        Assert.True(File.Exists(project.At("bin", "Debug", "net10.0", "digits.zip")));
        (await project.DotnetAsync("run", "--no-build")).Expect(0).Says(Apps.Said);

        (await project.DotnetAsync("build", "-v", "n")).Expect(0).DoesNotSay(": started").Says("dq: 5 targets up to date");

        (await project.DotnetAsync("publish", "-o", "published")).Expect(0).DoesNotSay(": started");
        Assert.Equal(File.ReadAllBytes(project.At(".dq", "out", "digits", "model.zip")), File.ReadAllBytes(project.At("published", "digits.zip")));

        (await project.DotnetAsync("clean")).Expect(0);
        Assert.False(File.Exists(project.At("bin", "Debug", "net10.0", "digits.zip")));
        Assert.False(File.Exists(project.At("obj", "Debug", "net10.0", "dq", "DqModels.g.cs")));
        (await project.DotnetAsync("build")).Expect(0).DoesNotSay(": started");
        Assert.True(File.Exists(project.At("bin", "Debug", "net10.0", "digits.zip")));

        (await project.DotnetAsync("build", "-t:DqStatus")).Expect(0).Says("digits: up to date");
        (await project.DotnetAsync("build", "-t:DqReport")).Expect(0).Says("robustness: accuracy");
        (await project.DotnetAsync("build", "-t:DqClean")).Expect(0).Says("dq: removed");
        Assert.False(Directory.Exists(project.At(".dq", "out")));
        (await project.DotnetAsync("build", "-t:DqTrain")).Expect(0).DoesNotSay(": started");
        Assert.False(File.Exists(project.At(".dq", "out", "digits", "model.zip")));
        (await project.DotnetAsync("build")).Expect(0).DoesNotSay(": started");
        Assert.True(File.Exists(project.At(".dq", "out", "digits", "model.zip")));
        (await project.DotnetAsync("build", "-t:DqPurge")).Expect(0);
        Assert.Empty(Directory.EnumerateFiles(project.At(".dq"), "*.zip", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(project.At(".dq"), "*.safetensors", SearchOption.AllDirectories)));
        Assert.False(Directory.Exists(project.At(".dq", "cache")));
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task A_clean_clone_with_its_lock_builds_what_it_needs()
    {
        var project = Apps.Console(machine, "clone");
        (await project.DotnetAsync("build")).Expect(0);
        var (record, model) = (File.ReadAllText(project.At("dq.lock")), File.ReadAllBytes(project.At(".dq", "out", "digits", "model.zip")));
        Directory.Delete(project.At(".dq"), recursive: true);
        Directory.Delete(project.At("bin"), recursive: true);
        Directory.Delete(project.At("obj"), recursive: true);
        (await project.DotnetAsync("build")).Expect(0);
        Assert.Equal(record, File.ReadAllText(project.At("dq.lock")));
        Assert.Equal(model, File.ReadAllBytes(project.At("bin", "Debug", "net10.0", "digits.zip")));
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task Verdicts_and_model_cards_go_where_the_project_wants_them()
    {
        var project = Apps.Console(machine, "verdicts", items: """
              <PropertyGroup>
                <DqSarifFile>verdicts/dq.sarif</DqSarifFile>
                <DqJUnitFile>verdicts/dq.xml</DqJUnitFile>
                <DqIncludeCards>true</DqIncludeCards>
              </PropertyGroup>
            """);
        (await project.DotnetAsync("build")).Expect(0);
        Assert.Contains("\"kind\": \"pass\"", File.ReadAllText(project.At("verdicts", "dq.sarif")), StringComparison.Ordinal);
        Assert.Contains("dq-int8/fgsm@2", File.ReadAllText(project.At("verdicts", "dq.xml")), StringComparison.Ordinal);
        foreach (var (packaged, copied) in new[] { ("model.zip", "digits.zip"), ("card.md", "digits.card.md"), ("card.cdx.json", "digits.card.cdx.json") })
            Assert.Equal(File.ReadAllBytes(project.At(".dq", "out", "digits", packaged)), File.ReadAllBytes(project.At("bin", "Debug", "net10.0", copied)));
        File.Delete(project.At("verdicts", "dq.xml"));
        (await project.DotnetAsync("build")).Expect(0).DoesNotSay(": started");
        Assert.True(File.Exists(project.At("verdicts", "dq.xml")));
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task Several_frameworks_train_once()
    {
        var project = Apps.Console(machine, "both", frameworks: "<TargetFrameworks>net8.0;net10.0</TargetFrameworks><RollForward>Major</RollForward>");
        var built = (await project.DotnetAsync("build", "-m", "-v", "n")).Expect(0);
        Assert.Equal(1, Count(built.Text, "dq: started"));
        foreach (var framework in (string[])["net8.0", "net10.0"])
            Assert.True(File.Exists(project.At("bin", "Debug", framework, "digits.zip")), framework);
        (await project.DotnetAsync("build", "-t:DqStatus")).Expect(0).Says("digits: up to date");
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task Two_projects_that_share_a_pipeline_train_once_and_the_second_says_that_it_waits()
    {
        var folder = machine.New("shared");
        folder.Write("dq.json", Apps.Long);
        foreach (var name in (string[])["One", "Two"])
        {
            folder.Write($"{name}/{name}.csproj", $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <OutputType>Exe</OutputType>
                    <TargetFramework>net10.0</TargetFramework>
                    <ImplicitUsings>enable</ImplicitUsings>
                    <RootNamespace>App</RootNamespace>
                    <DqPipelineFile>../dq.json</DqPipelineFile>
                  </PropertyGroup>
                  <ItemGroup>
                    <PackageReference Include="DQPipeline.MSBuild" Version="{machine.Version}" PrivateAssets="all" />
                    <DqModel Include="digits" TargetPath="models/{name}.zip" />
                    <DqModel Include="digits" TargetPath="more/{name}.zip" />
                  </ItemGroup>
                </Project>
                """);
            folder.Write($"{name}/Program.cs", Apps.Program);
        }

        (await folder.DotnetAsync("new", "sln", "--name", "Shared", "--format", "sln")).Expect(0);
        (await folder.DotnetAsync("sln", "add", "One", "Two")).Expect(0);
        var built = (await folder.DotnetAsync("build", "-m")).Expect(0).Says("dq: waiting for another build in this folder (process ");
        Assert.Equal(1, Count(built.Text, "dq: started"));
        foreach (var place in (string[])["models", "more"])
            Assert.True(File.Exists(folder.At("One", "bin", "Debug", "net10.0", place, "One.zip")), place);
        (await folder.DotnetAsync("run", "--no-build", "--project", "Two")).Expect(0).Says("models/Two.zip 3x32x32 0123456789 True");
    }

    [Fact(Explicit = true)]
    public async Task A_design_time_build_starts_nothing_and_sees_the_code()
    {
        var project = Apps.Console(machine, "editor");
        (await project.DotnetAsync("restore")).Expect(0);
        // As an editor asks: https://github.com/dotnet/project-system/blob/main/docs/design-time-builds.md
        string[] editor =
        [
            "msbuild", "-t:ResolveAssemblyReferences;CoreCompile", "-p:DesignTimeBuild=true", "-p:BuildingProject=false", "-p:BuildProjectReferences=false", "-p:SkipCompilerExecution=true",
            "-p:ProvideCommandLineArgs=true", "-p:NonExistentFile=__none__", "-getTargetResult:CoreCompile",
        ];
        (await project.DotnetAsync(editor)).Expect(0).Says("DqModels.g.cs");
        Assert.False(Directory.Exists(project.At(".dq")));
        Assert.Contains("public static partial class Digits", File.ReadAllText(project.At("obj", "Debug", "net10.0", "dq", "DqModels.g.cs")), StringComparison.Ordinal);
        (await project.DotnetAsync("build")).Expect(0);
        (await project.DotnetAsync("run", "--no-build")).Expect(0).Says(Apps.Said);
        var real = File.ReadAllText(project.At("obj", "Debug", "net10.0", "dq", "DqModels.g.cs"));
        (await project.DotnetAsync(editor)).Expect(0).Says("DqModels.g.cs");
        Assert.Equal(real, File.ReadAllText(project.At("obj", "Debug", "net10.0", "dq", "DqModels.g.cs")));
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task A_project_may_do_without_building()
    {
        var project = Apps.Console(machine, "without", items: """
              <ItemGroup>
                <DqModel Include="digits" Format="mlnet" />
              </ItemGroup>
            """);
        (await project.DotnetAsync("build", "-p:DqBuildOnBuild=false")).Expect(0).DoesNotSay(": started");
        (await project.DotnetAsync("run", "--no-build")).Expect(0).Says(Apps.SaidWithout);
        Assert.False(File.Exists(project.At("dq.lock")));
        (await project.DotnetAsync("build", "-p:ContinuousIntegrationBuild=true", "-p:DqOnCI=skip")).Expect(0).DoesNotSay(": started");
        (await project.DotnetAsync("build", "-p:ContinuousIntegrationBuild=true", "-p:DqOnCI=locked")).Expect(1).Says("error DQ6005");
        Assert.False(File.Exists(project.At("dq.lock")));
        (await project.DotnetAsync("build", "-p:DqTargets=dq", "-p:DqSet=train.dq.epochs=2")).Expect(0).Says("dq: started").DoesNotSay("digits: built");
        Assert.Contains("\"epochs\"", File.ReadAllText(project.At("dq.lock")), StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    [Trait("when", "nightly")]
    public async Task A_project_may_have_any_name()
    {
        var project = Apps.Console(machine, "named");
        File.Move(project.At("App.csproj"), project.At("my-2d.class.csproj"));
        project.Edit("Program.cs", "App.", "my_2d.@class.");
        (await project.DotnetAsync("build", "-p:DqBuildOnBuild=false")).Expect(0);
        (await project.DotnetAsync("run", "--no-build")).Expect(0).Says(Apps.SaidWithout);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
