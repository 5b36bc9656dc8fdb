using DQPipeline.Declarations;

namespace DQPipeline.Data;

internal static class StreetDigits
{
    public static ImageDataset Draw(StreetDigitsDeclaration declaration, CancellationToken cancellation) => throw new NotImplementedException();
}
