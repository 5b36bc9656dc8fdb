using System.Xml.Linq;
using static DQPipeline.Reports.Pages.Html;

namespace DQPipeline.Reports.Pages;

/// <summary>A section of a page, which its contents link to.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Id">Where the link leads.</param>
/// <param name="Body">What stands below the heading.</param>
internal sealed record Section(string Title, string Id, params object?[] Body)
{
    public XElement Element => E("section", A("id", Id), A("aria-labelledby", $"{Id}-heading"), E("h2", A("id", $"{Id}-heading"), Title), Body);
}
