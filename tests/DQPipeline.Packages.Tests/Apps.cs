namespace DQPipeline.Packages.Tests;

/// <summary>Projects as strangers write them.</summary>
internal static class Apps
{
    /// <summary>A pipeline that is through in seconds: one model of a few images, its integer model, a gate that holds, a package.</summary>
    public const string Pipeline = """
        {
          "threads": 1,
          "datasets": { "street": { "kind": "street-digits", "train": 200, "test": 100 } },
          "train": { "dq": { "dataset": "street", "epochs": 1, "activation": { "bits": 4 } } },
          "quantize": { "dq-int8": { "model": "dq", "maxLoss": 100 } },
          "evaluate": {
            "robustness": {
              "models": ["dq-int8"], "attacks": ["fgsm"], "epsilon": [2], "samples": 100,
              "gates": [
                { "model": "dq-int8", "attack": "fgsm", "epsilon": 2, "atLeast": 0.0 }
              ],
            },
          },
          "package": { "digits": { "model": "dq-int8" } },
        }
        """;

    /// <summary>The same in items.</summary>
    public const string Items = """
          <PropertyGroup>
            <DqThreads>1</DqThreads>
          </PropertyGroup>
          <ItemGroup>
            <DqDataset Include="street" Kind="street-digits" Train="200" Test="100" />
            <DqTrain Include="dq" Dataset="street" Epochs="1" ActivationBits="4" />
            <DqQuantize Include="dq-int8" Model="dq" MaxLoss="100" />
            <DqEvaluate Include="robustness" Models="dq-int8" Attacks="fgsm" Epsilon="2" Samples="100" />
            <DqGate Include="robustness" Model="dq-int8" Attack="fgsm" Epsilon="2" AtLeast="0.0" />
            <DqPackage Include="digits" Model="dq-int8" />
          </ItemGroup>
        """;

    /// <summary>A training that takes long enough to be broken off.</summary>
    public static string Long => Pipeline.Replace("\"train\": 200", "\"train\": 4000", StringComparison.Ordinal).Replace("\"epochs\": 1", "\"epochs\": 4", StringComparison.Ordinal);

    /// <summary>An app that says what it knows of its model, without ML.NET.</summary>
    public const string Program = """
        Console.WriteLine($"{App.DqModels.Digits.FileName} {App.DqModels.Digits.Channels}x{App.DqModels.Digits.Height}x{App.DqModels.Digits.Width} {string.Join("", App.DqModels.Digits.Labels)} {File.Exists(App.DqModels.Digits.Path)}");
        """;

    /// <summary>What it says.</summary>
    public const string Said = "digits.zip 3x32x32 0123456789 True";

    /// <summary>What it says where its model was not there.</summary>
    public const string SaidWithout = "digits.zip 0x0x0  False";

    /// <summary>A console app with the MSBuild package.</summary>
    public static Project Console(Machine machine, string name, string? pipeline = Pipeline, string items = "", string frameworks = "<TargetFramework>net10.0</TargetFramework>")
    {
        var project = machine.New(name);
        project.Write("App.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                {frameworks}
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="DQPipeline.MSBuild" Version="{machine.Version}" PrivateAssets="all" />
              </ItemGroup>
            {items}
            </Project>
            """);
        project.Write("Program.cs", Program);
        if (pipeline is not null)
            project.Write("dq.json", pipeline);
        return project;
    }
}
