using System.Runtime.CompilerServices;
using DQPipeline.ML;
using Microsoft.ML;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: LoadableClass(
    typeof(DefensiveQuantizationTransformer), null, typeof(SignatureLoadModel), "Defensive quantization", DefensiveQuantizationTransformer.LoaderSignature)]
