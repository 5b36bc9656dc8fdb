using DQPipeline.Declarations;
using DQPipeline.Tests.Training;
using DQPipeline.Training;

namespace DQPipeline.Tests.Defenses;

public sealed class AdversarialResumeTests
{
    [Theory]
    [InlineData("fgsm")]
    [InlineData("r+fgsm")]
    [InlineData("pgd")]
    public void Training_with_a_penalty_a_quantizer_and_squeezing_is_the_same_bit_for_bit_when_it_was_interrupted(string kind)
    {
        var folder = Directory.CreateTempSubdirectory("dq-adversarial-");
        try
        {
            var request = Hardened(kind);
            var undisturbed = TrainingFixture.Run(request);
            Assert.NotEqual(TrainingFixture.Run(TrainingFixture.Request(epochs: 2)).Numbers, undisturbed.Numbers);
            using var cancel = new CancellationTokenSource();
            var kept = request with { CheckpointFolder = folder.FullName };
            var interrupted = kept with { Clock = new SteadyClock(TimeSpan.FromSeconds(1)), CheckpointInterval = TimeSpan.FromDays(1) };
            Assert.Throws<OperationCanceledException>(() => Trainer.Train(interrupted, new Listener(report => CancelAfter(report.Step)), cancel.Token));
            var resumed = TrainingFixture.Run(kept);
            Assert.Equal(7, resumed.ResumedFrom);
            Assert.Equal(undisturbed.Numbers, resumed.Numbers);
            Assert.Equal((undisturbed.Loss, undisturbed.Accuracy), (resumed.Loss, resumed.Accuracy));

            void CancelAfter(long done)
            {
                if (done == 6)
                    cancel.Cancel();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static TrainingRequest Hardened(string kind)
    {
        var request = TrainingFixture.Request(epochs: 2);
        return request with
        {
            Declaration = request.Declaration with
            {
                Adversarial = new AdversarialDeclaration { Kind = kind, Share = 0.75 },
                Squeeze = new SqueezeDeclaration { Bits = 5, Median = 2 },
            },
        };
    }
}
