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
            local -i index
            # The line up to the cursor, which may stand in a word.
            local rest="${COMP_LINE:0:COMP_POINT}" word gap
            for (( index = 0; index <= COMP_CWORD; index++ )); do
                word="${COMP_WORDS[index]}"
                (( index < COMP_CWORD )) || word="${rest#"${rest%%[![:space:]]*}"}"
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
            done
            local -i target=$(( ${#whole[@]} - 1 ))
            local typed="${whole[target]}" previous="${3}"
            # An option and its value may be one word.
            if [[ "${typed}" == --*=* ]]; then
                previous="${typed%%=*}"
                typed="${typed#*=}"
                whole[target]="${previous}"
                whole+=("${typed}")
                target+=1
            fi
            local before="${typed%"${2}"}"
            local -a COMP_WORDS=("${whole[@]}")
            local -i COMP_CWORD="${target}"
            _ingot "${1}" "${typed}" "${previous}"
            # Names need no quotes, which paths do.
            [[ "${typed}" != *[:@]* || -n "$(compgen -f -- "${typed}")" ]] || compopt +o filenames 2> /dev/null
            COMPREPLY=("${COMPREPLY[@]#"${before}"}")
        }
        complete -o filenames -F _ingot_whole_names ingot
        """#
}
