# Completion of dq for bash. In ~/.bashrc:  source <(dotnet dq completion bash)
# Where there is no program called dq, dq stands for `dotnet dq`.
type -t dq >/dev/null || dq() { dotnet dq "$@"; }

# What can follow the words typed so far: __dq_found TYPED PROGRAM...
__dq_found() {
    local typed=$1 current=${1##*[[:space:]]} candidate broken='' marks=${COMP_WORDBREAKS//[^@=:]/}
    shift
    # Readline splits words at these, and replaces only what is behind the last of them.
    [[ -n $marks ]] && broken=${current%"${current##*[$marks]}"}
    COMPREPLY=()
    while IFS= read -r candidate; do
        [[ -n $candidate ]] && COMPREPLY+=("${candidate#"$broken"}")
    done < <("$@" suggest -- "$typed" 2>/dev/null)
    return 0
}

__dq() {
    local typed=${COMP_LINE:0:COMP_POINT}
    __dq_found "${typed#*[[:space:]]}" "${COMP_WORDS[0]}"
}

# `dotnet dq ...` is ours; all else goes to what completed dotnet before.
__dq_dotnet_before=$(complete -p dotnet 2>/dev/null | sed -n 's/.*-F \([^ ]*\).*/\1/p')
[[ $__dq_dotnet_before == __dq_dotnet ]] && __dq_dotnet_before=
__dq_dotnet() {
    if [[ ${COMP_WORDS[1]} == dq && COMP_CWORD -gt 1 ]]; then
        local typed=${COMP_LINE:0:COMP_POINT}
        __dq_found "${typed#*dq[[:space:]]}" dotnet dq
    elif [[ -n $__dq_dotnet_before ]]; then
        "$__dq_dotnet_before" "$@"
    fi
}

complete -o bashdefault -o default -F __dq dq dotnet-dq
complete -o bashdefault -o default -F __dq_dotnet dotnet
