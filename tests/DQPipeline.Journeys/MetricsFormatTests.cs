using DQPipeline.Targets.Reports;
using DQPipeline.Tool.Terminal;

namespace DQPipeline.Journeys;

/// <summary>The paper's layout, by tables written out by hand.</summary>
public class MetricsFormatTests
{
    /// <summary>Rows 1 and 2 of the paper's table 2 as far as they are measured here, and a model with halves, gaps and a stale cell.</summary>
    private static readonly IReadOnlyList<MetricRecord> s_metrics =
    [
        Row("Normal", "clean", 0, false, 968, 1000),
        .. Rows("Normal", "fgsm", false, 742, 420, 257), .. Rows("Normal", "pgd", false, 770, 54, 4), .. Rows("Normal", "fgsm", true, 904, 619, 395), .. Rows("Normal", "pgd", true, 919, 580, 304),
        Row("Normal + DQ", "clean", 0, false, 967, 1000),
        .. Rows("Normal + DQ", "fgsm", false, 771, 449, 311), .. Rows("Normal + DQ", "pgd", false, 790, 95, 0), .. Rows("Normal + DQ", "fgsm", true, 899, 632, 421),
        .. Rows("Normal + DQ", "pgd", true, 920, 595, 314),
        Row("gaps", "clean", 0, false, 1999, 2000),
        Row("gaps", "fgsm", 2, false, 1, 8), Row("gaps", "fgsm", 16, false, 8, 8), Row("gaps", "pgd", 8, true, 1, 3) with { Current = false },
    ];

    [Fact]
    public void An_attacks_accuracies_stand_together_in_the_order_of_their_strengths() => Assert.Equal(
        """
        table2: accuracy in %, ε = 2/8/16

        |  | Clean | FGSM | PGD | FGSM(B) | PGD(B) |
        | --- | ---: | ---: | ---: | ---: | ---: |
        | Normal | 96.8 | 74/42/26 | 77/05/00 | 90/62/40 | 92/58/30 |
        | Normal + DQ | 96.7 | 77/45/31 | 79/10/00 | 90/63/42 | 92/60/31 |
        | gaps | 100.0 | 13/–/100 | – | – | –/33*/– |

        \* measured with other options; `dq build` measures anew.
        """,
        MetricsFormat.Markdown(s_metrics));

    [Fact]
    public void The_papers_tables_have_no_worst_cases() => Assert.Equal(
        MetricsFormat.Markdown(s_metrics),
        MetricsFormat.Markdown([.. s_metrics, .. Rows("Normal", "worst", false, 742, 54, 4), Row("gaps", "worst-l2", 4, false, 1, 8) with { Current = false }]));

    [Fact]
    public void Attacks_are_called_as_the_paper_calls_them_white_box_before_black_box() => Assert.Equal(
        """
        e: accuracy in %, ε = 0.5

        |  | Clean | Random | R+FGSM | BIM | pgd50 | BIM(B) | x\|y(B) |
        | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
        | m | – | 50 | 50 | 50 | 50 | 50 | 50 |

        f: accuracy in %

        |  | Clean |
        | --- | ---: |
        | m | 12.5 |
        """,
        MetricsFormat.Markdown(
        [
            .. new[] { ("random", false), ("r+fgsm", false), ("bim", true), ("bim", false), ("x|y", true), ("pgd50", false) }.Select(a => Row("m", a.Item1, 0.5, a.Item2, 1, 2) with { Target = "e" }),
            Row("m", "clean", 0, false, 1, 8) with { Target = "f" },
        ]));

    [Fact]
    public void Csv_has_a_line_a_measurement_and_quotes_names_with_commas() => Assert.Equal(
        """
        target,model,attack,epsilon,blackBox,from,samples,correct,accuracy,low,high,current
        table2,"grid@bits=4,beta=0",pgd,2.5,true,vgg,8,1,0.125,0.1,0.2,true
        table2,full,clean,0,false,,8,8,1,0.1,0.2,false

        """,
        MetricsFormat.CsvOf([Row("grid@bits=4,beta=0", "pgd", 2.5, true, 1, 8) with { From = "vgg" }, Row("full", "clean", 0, false, 8, 8) with { Current = false }]));

    private static MetricRecord Row(string model, string attack, double epsilon, bool blackBox, int correct, int samples) =>
        new("table2", model, attack, epsilon, blackBox, samples, correct, (double)correct / samples, 0.1, 0.2, Current: true);

    private static IEnumerable<MetricRecord> Rows(string model, string attack, bool blackBox, params int[] correct) =>
        // Strengths in another order than their size, as a file may have them.
        new[] { 8, 2, 16 }.Select(epsilon => Row(model, attack, epsilon, blackBox, correct[epsilon switch { 2 => 0, 8 => 1, _ => 2 }], 1000));
}
