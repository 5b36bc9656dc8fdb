using DQPipeline.Tool.Commands;
using DQPipeline.Tool.Terminal;
using DQPipeline.Tool.Working;

Output.Begin();

// A worker is the same program under another verb, so that an executor elsewhere runs the very same command.
return args is ["worker"] ? WorkerProcess.Run()
    : args is ["worker", var job] ? WorkerProcess.Run(job)
    : QuickAnswer.Give(args) ?? await DqCommand.RunAsync(args);
