using System.Xml.Linq;
using DQPipeline.Declarations.Items;
using DQPipeline.Testing;

namespace DQPipeline.MSBuild.Tests;

/// <summary>The props and targets against the declaration types and the package's page.</summary>
public class TargetsTests
{
    private static readonly XElement s_props = XElement.Load(Path.Combine(Repository.Root, "tasks", "msbuild", "DQPipeline.MSBuild.props"));
    private static readonly XElement s_targets = XElement.Load(Path.Combine(Repository.Root, "tasks", "msbuild", "DQPipeline.MSBuild.targets"));
    private static readonly string s_page = File.ReadAllText(Path.Combine(Repository.Root, "tasks", "README.md"));

    [Fact]
    public void Every_declaring_item_reaches_the_tool_with_its_type_and_its_file()
    {
        var collected = s_targets.Descendants("_DqItem").ToList();
        Assert.Equal(ItemTypes.Names.Order(), collected.Select(item => item.Attribute("DqItemType")!.Value).Order());
        foreach (var item in collected)
        {
            var type = item.Attribute("DqItemType")!.Value;
            Assert.Equal(($"@({type})", $"%({type}.DefiningProjectFullPath)"), (item.Attribute("Include")!.Value, item.Attribute("DqItemFile")!.Value));
        }
    }

    [Fact]
    public void Editors_know_every_item() =>
        Assert.Equal([.. ItemTypes.Names.Append("DqModel").Order()], s_props.Descendants("AvailableItemName").Single().Attribute("Include")!.Value.Split(';').Order());

    [Fact]
    public void Every_property_is_explained_where_it_is_set_and_on_the_page()
    {
        var properties = s_props.Descendants("PropertyGroup").Elements().ToList();
        Assert.NotEmpty(properties);
        XNode? comment = null;
        foreach (var node in s_props.Descendants("PropertyGroup").Nodes())
        {
            if (node is XElement property)
            {
                // "seed" and "threads" have one comment, before the first of them.
                Assert.True(comment is not null || property.Name.LocalName == "DqThreads", $"{property.Name} has no comment");
                comment = null;
                Assert.Contains($"`{property.Name.LocalName}`", s_page, StringComparison.Ordinal);
            }
            else
            {
                comment = node;
            }
        }
    }

    [Fact]
    public void Every_target_is_on_the_page()
    {
        var names = s_targets.Elements("Target").Select(target => target.Attribute("Name")!.Value).Where(name => !name.StartsWith('_')).ToList();
        Assert.Equal(["DqBuild", "DqClean", "DqEvaluate", "DqPackage", "DqPurge", "DqQuantize", "DqReport", "DqStatus", "DqTrain"], names.Order());
        Assert.All(names, name => Assert.Contains($"`{name}`", s_page, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_item_is_on_the_page() => Assert.All(ItemTypes.Names.Append("DqModel"), name => Assert.Contains($"`{name}`", s_page, StringComparison.Ordinal));
}
