# Completion of dq for fish. In ~/.config/fish/config.fish:  dotnet dq completion fish | source
# Where there is no program called dq, dq stands for `dotnet dq`.
type -q dq; or function dq; dotnet dq $argv; end

# What can follow the words typed so far.
function __dq_found
    set -l words (commandline -opc) (commandline -ct)
    set -l program $words[1]
    set -l first 2
    if test "$program" = dotnet
        set program dotnet dq
        set first 3
    end
    set -l typed (string join ' ' -- $words[$first..])
    $program suggest -- "$typed" 2>/dev/null
end

complete -c dq -a '(__dq_found)'
complete -c dotnet-dq -a '(__dq_found)'
complete -c dotnet -n '__fish_seen_subcommand_from dq' -a '(__dq_found)'
