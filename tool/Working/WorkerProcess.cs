using System.Runtime.InteropServices;
using DQPipeline.Declarations;
using DQPipeline.Native;
using DQPipeline.Targets.Workers;
using DQPipeline.Tool.Commands;

namespace DQPipeline.Tool.Working;

/// <summary>
/// The worker: reads one job from standard input, does it, and reports in lines of JSON on standard output. When standard input ends, the front end
/// is gone, and when it says "cancel", somebody wants it to stop: either way it ends after a checkpoint. On a cluster the job is in a file, and whoever wants it to stop sends SIGTERM.
/// </summary>
internal static class WorkerProcess
{
    public static int Run(string? jobPath = null)
    {
        // Ctrl-C reaches the whole process group; the front end decides what it means.
        Console.CancelKeyPress += static (_, pressed) => pressed.Cancel = true;
        using var channel = Open(jobPath);
        if (channel is null)
            return DqCommand.BadUsage;
        using var told = jobPath is null ? null : PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            channel.Cancel();
        });
        try
        {
            _ = NativeHeap.KeepFreed();
            NativeBackend.Load();
            var done = channel.Job switch
            {
                TrainJob train => TrainWork.Run(train, channel),
                EvaluateJob evaluate => EvaluateWork.Run(evaluate, channel),
                QuantizeJob quantize => QuantizeWork.Run(quantize, channel),
                PackageJob package => PackageWork.Run(package, channel),
                TransferJob transfer => TransferWork.Run(transfer, channel),
                DistanceJob distance => DistanceWork.Run(distance, channel),
                CertifyJob certify => CertifyWork.Run(certify, channel),
                SamplesJob samples => SamplesWork.Run(samples, channel),
                var other => throw new DqException(DiagnosticCodes.Internal, $"this worker knows no job of the kind {other.GetType().Name}; the tool and its worker differ in version"),
            };
            channel.Send(done);
            return DqCommand.Done;
        }
        catch (OperationCanceledException)
        {
            return DqCommand.Cancelled;
        }
        catch (Exception failure)
        {
            // The log keeps the details; people get coded lines.
            Console.Error.WriteLine(failure);
            foreach (var diagnostic in Explain(failure))
                channel.Send(diagnostic);
            return DqCommand.TargetFailed;
        }
    }

    private static WorkerChannel? Open(string? jobPath)
    {
        try
        {
            var output = Console.OpenStandardOutput();
            var channel = jobPath is null ? WorkerChannel.Open(Console.OpenStandardInput(), output) : WorkerChannel.Open(jobPath, output);
            // Libraries may print; what they say must not stand among the events.
            Console.SetOut(Console.Error);
            return channel;
        }
        catch (DqException failure)
        {
            Console.Error.WriteLine(failure.Diagnostics[0]);
            return null;
        }
    }

    private static IReadOnlyList<Diagnostic> Explain(Exception failure) => failure switch
    {
        DqException coded => coded.Diagnostics,
        OutOfMemoryException => [OutOfMemory()],
        _ when failure.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || failure.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase) => [OutOfMemory()],
        IOException or UnauthorizedAccessException => [new(DiagnosticCodes.CannotWrite, $"{failure.Message} Check the path, its permissions and the free space.")],
        _ => [new(DiagnosticCodes.Internal, $"unforeseen: {failure.GetType().Name}: {failure.Message} The target's log has the details.")],
    };

    private static Diagnostic OutOfMemory() => new(DiagnosticCodes.OutOfMemory, "memory ran out; a smaller \"batch\", a smaller network or fewer --jobs needs less");
}
