namespace DQPipeline.Attacks;

/// <summary>
/// When Auto-PGD looks back, and for each image whether its step is then halved (Croce and Hein 2020, section 3.2). The first look is after 22 % of the steps; each next distance
/// is shorter by 3 % of them, down to 6 %.
/// </summary>
internal sealed class ApgdSchedule
{
    /// <summary>ρ: a share of steps that raise the objective up to which the step is too long.</summary>
    private const double Rises = 0.75;

    private readonly int _steps;
    private int _distance;
    private int _since;
    private Account[] _accounts;

    /// <summary>For the images with these values at the start.</summary>
    public ApgdSchedule(int steps, IEnumerable<float> values)
    {
        _steps = steps;
        _distance = Math.Max(1, (int)(0.22 * steps));
        // The first look judges by the rises alone: it counts as halved before.
        _accounts = [.. values.Select(value => new Account(value, value, value, 0, WasHalved: true))];
    }

    /// <summary>The greatest value of each image so far.</summary>
    public IReadOnlyList<float> Best => Array.ConvertAll(_accounts, account => account.Best);

    /// <summary>Takes in the values after a step; gives which of them are the greatest so far.</summary>
    public bool[] Take(IReadOnlyList<float> values)
    {
        var isBest = new bool[_accounts.Length];
        for (var i = 0; i < isBest.Length; i++)
        {
            var account = _accounts[i];
            isBest[i] = values[i] > account.Best;
            _accounts[i] = account with
            {
                Last = values[i],
                Best = Math.Max(account.Best, values[i]),
                Rises = account.Rises + (values[i] > account.Last ? 1 : 0),
            };
        }

        _since++;
        return isBest;
    }

    /// <summary>Which images' steps are to be halved now, to go on from their best points; null where it is no time to look back, or none is.</summary>
    public bool[]? LookBack()
    {
        if (_since < _distance)
            return null;
        var halves = new bool[_accounts.Length];
        for (var i = 0; i < halves.Length; i++)
        {
            var account = _accounts[i];
            halves[i] = account.Rises <= Rises * _distance || (!account.WasHalved && account.Best <= account.BestBefore);
            _accounts[i] = account with { BestBefore = account.Best, Rises = 0, WasHalved = halves[i] };
        }

        _since = 0;
        _distance = Math.Max(_distance - Math.Max(1, (int)(0.03 * _steps)), Math.Max(1, (int)(0.06 * _steps)));
        return halves.Contains(true) ? halves : null;
    }

    /// <summary>Goes on with the images at these places alone.</summary>
    public void Shrink(IReadOnlyList<int> places) => _accounts = [.. places.Select(place => _accounts[place])];

    private readonly record struct Account(float Last, float Best, float BestBefore, int Rises, bool WasHalved);
}
