using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Targets.Workers;

namespace DQPipeline.Tool.Working;

/// <summary>
/// The worker: reads one job from standard input, does it, and reports in lines of JSON on standard output. When standard input ends, the front end
/// is gone, and when it says "cancel", somebody wants it to stop: either way it ends after a checkpoint.
/// </summary>
internal static class WorkerProcess
{
    public static int Run()
    {
        using var channel = new WorkerChannel(Console.OpenStandardOutput());
        // Libraries may print; what they say must not break the protocol.
        Console.SetOut(Console.Error);
        try
        {
            var line = Console.In.ReadLine() ?? throw new DqException(DiagnosticCodes.WorkerDied, "a worker reads its job from standard input; it is started by `dq build`, not by hand");
            var job = WorkerJson.ReadJob(line);
            using var cancellation = new CancellationTokenSource();
            StopWithFrontEnd(cancellation);
            NativeBackend.Load();
            var done = job switch
            {
                TrainJob train => TrainWork.Run(train, channel, cancellation.Token),
                EvaluateJob evaluate => EvaluateWork.Run(evaluate, channel, cancellation.Token),
                _ => throw new DqException(DiagnosticCodes.Internal, $"this worker knows no job of the kind {job.GetType().Name}; the tool and its worker differ in version"),
            };
            channel.Send(done);
            return 0;
        }
        catch (OperationCanceledException)
        {
            return Commands.DqCommand.Cancelled;
        }
        catch (DqException failure)
        {
            foreach (var diagnostic in failure.Diagnostics)
                channel.Send(diagnostic);
            return 1;
        }
        catch (Exception failure) when (failure is OutOfMemoryException || IsTorchOutOfMemory(failure))
        {
            channel.Send(new Diagnostic(DiagnosticCodes.OutOfMemory, "memory ran out; a smaller \"batch\", a smaller network or fewer --jobs needs less"));
            return 1;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(failure);
            channel.Send(new Diagnostic(DiagnosticCodes.CannotWrite, $"{failure.Message} Check the path, its permissions and the free space."));
            return 1;
        }
        catch (Exception failure)
        {
            Console.Error.WriteLine(failure);
            channel.Send(new Diagnostic(DiagnosticCodes.Internal, $"unforeseen: {failure.GetType().Name}: {failure.Message} The target's log has the details."));
            return 1;
        }
    }

    private static bool IsTorchOutOfMemory(Exception failure) =>
        failure.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || failure.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);

    private static void StopWithFrontEnd(CancellationTokenSource cancellation)
    {
        // Ctrl-C reaches the whole process group; the front end decides what it means.
        Console.CancelKeyPress += static (_, pressed) => pressed.Cancel = true;
        new Thread(() =>
        {
            while (Console.In.ReadLine() is { } line && line != "cancel")
            {
            }

            try
            {
                cancellation.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // The work ended first.
            }
        })
        { IsBackground = true, Name = "front end watch" }.Start();
    }
}
