using System.Globalization;
using DQPipeline.Declarations;
using Microsoft.AspNetCore.Http.Features;
using WebApp;

const long LargestUpload = 10 << 20;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = LargestUpload);
builder.Services.Configure<FormOptions>(form => form.MultipartBodyLengthLimit = LargestUpload);
builder.Services.AddProblemDetails();
// The model of the quickstart, unless --Model or the environment variable Model names another.
var path = builder.Configuration["Model"] ?? Path.GetFullPath("../quickstart/.dq/out/digits/model.zip", builder.Environment.ContentRootPath);
if (!File.Exists(path))
{
    Console.Error.WriteLine($"There is no model at {Path.GetFullPath(path)}. Build it: dotnet run --project tool -c Release -- build examples/quickstart. Or name another by --Model.");
    return 1;
}

builder.Services.AddSingleton(new PredictionPool(path));
var app = builder.Build();
app.UseExceptionHandler();
app.UseDefaultFiles();
app.UseStaticFiles();
app.MapGet("/model", (PredictionPool pool) => new { pool.Labels });
app.MapPost("/predict", async (IFormFile image, PredictionPool pool, CancellationToken cancellation) =>
{
    using var bytes = new MemoryStream();
    await image.CopyToAsync(bytes, cancellation);
    try
    {
        return Results.Ok(pool.Predict(bytes.ToArray()));
    }
    catch (DqException e)
    {
        var problem = e.Diagnostics[0];
        return Results.Problem(problem.Message, statusCode: StatusCodes.Status400BadRequest, title: problem.Code);
    }
}).DisableAntiforgery(); // There is no login whose rights another site could borrow.
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Serving {path} at {string.Join(", ", app.Urls)}")));
await app.RunAsync();
return 0;
