/// What bash needs besides the library's script: it breaks `model:tag`, `model@v1` and `--home=PATH` into words, so that
/// an argument counts as several, and nothing is offered for it.
enum BashNames {
    /// Whether `script` is a completion script for bash.
    static func isNeeded(by script: String) -> Bool { script.hasPrefix("#!/bin/bash") }

    /// Comes after the library's script: words are put together before its function is asked, and of what it offers the
    /// shell gets the part that it asked for.
    static let script = #"""

        # bash breaks 'model:tag' and 'model@v1' into words; the command gets them whole, and the shell what it asked for.
        _ingot_whole_names() {
            local -a whole=()
            local -i index target=0
            local rest="${COMP_LINE}" word gap
            for index in "${!COMP_WORDS[@]}"; do
                word="${COMP_WORDS[index]}"
                if [[ -n "${word}" ]]; then
                    gap="${rest%%"${word}"*}"
                    rest="${rest#*"${word}"}"
                else
                    gap="${rest}"
                fi
                if (( index > 0 )) && [[ -z "${gap}" && ( "${word}" == [:@=]* || "${COMP_WORDS[index - 1]}" == *[:@=] ) ]]; then
                    whole[${#whole[@]} - 1]+="${word}"
                else
                    whole+=("${word}")
                fi
                (( index != COMP_CWORD )) || target=$(( ${#whole[@]} - 1 ))
            done
            local typed="${whole[target]}"
            local before="${typed%"${2}"}"
            local -a COMP_WORDS=("${whole[@]}")
            local -i COMP_CWORD="${target}"
            _ingot "${1}" "${typed}" "${3}"
            # These are names, and need no quotes.
            [[ "${typed}" != *[:@]* ]] || compopt +o filenames 2> /dev/null
            COMPREPLY=("${COMPREPLY[@]#"${before}"}")
        }
        complete -o filenames -F _ingot_whole_names ingot
        """#
}
