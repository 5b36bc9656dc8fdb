# Completion of dq for zsh. In ~/.zshrc, after compinit:  source <(dotnet dq completion zsh)
# Where there is no program called dq, dq stands for `dotnet dq`.
whence dq >/dev/null || dq() { dotnet dq "$@" }

# What can follow: __dq_found FIRST PROGRAM..., the words from FIRST on being dq's.
__dq_found() {
    local first=$1 typed
    shift
    typed="${(j: :)words[first,CURRENT]}"
    local -a found
    found=("${(@f)$("$@" suggest -- "$typed" 2>/dev/null)}")
    found=("${(@)found:#}")
    (( $#found )) && compadd -a found || _files
}

__dq() { __dq_found 2 "$words[1]" }

# `dotnet dq ...` is ours; all else goes to what completed dotnet before.
: ${__dq_dotnet_before=${_comps[dotnet]-}}
__dq_dotnet() {
    if [[ $words[2] == dq ]] && (( CURRENT > 2 )); then
        __dq_found 3 dotnet dq
    elif [[ -n $__dq_dotnet_before ]]; then
        $__dq_dotnet_before "$@"
    else
        _files
    fi
}

compdef __dq dq dotnet-dq
compdef __dq_dotnet dotnet
