#include "cli/completion_scripts.h"

namespace hitch {

namespace {

// All three read the same lines: WORD, tab, help; or ":files"; or ":program N", a program's name
// and arguments from word N behind "hitch" on.

constexpr std::string_view kBash = R"(# bash completion of hitch, made by: hitch completion bash
_hitch() {
  local current=${COMP_WORDS[COMP_CWORD]} line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files)
        # readline has cut "--file=" off already.
        [[ $current != '=' ]] || current=
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
      ':program '*)
        if declare -F _command_offset >/dev/null; then
          _command_offset $((${line#:program } + 1))
        else
          compopt -o filenames 2>/dev/null
          mapfile -t COMPREPLY < <(compgen -c -f -- "$current")
        fi
        ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${COMP_WORDS[0]}" completion --next -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _hitch hitch
)";

constexpr std::string_view kZsh = R"(#compdef hitch
# zsh completion of hitch, made by: hitch completion zsh
_hitch() {
  local line word
  local -a lines candidates
  lines=("${(@f)$("${(Q)words[1]}" completion --next -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "${lines[@]}"; do
    case $line in
      '') ;;
      :files) _files ;;
      ':program '*)
        local -i gone=$((${line#:program } + 1))
        shift $gone words
        (( CURRENT -= gone ))
        _normal
        ;;
      *)
        word=${line%%$'\t'*}
        candidates+=("${word//:/\\:}:${line#*$'\t'}")
        ;;
    esac
  done
  if (( ${#candidates} )); then _describe -t values 'hitch' candidates; fi
}
if [[ ${funcstack[1]} == _hitch ]]; then
  _hitch "$@"
else
  compdef _hitch hitch
fi
)";

constexpr std::string_view kFish = R"(# fish completion of hitch, made by: hitch completion fish
function __hitch_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in ($before[1] completion --next -- $before[2..] "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$current"
            case ':program *'
                set -l from (math (string replace ':program ' '' -- $line) + 2)
                set -l program (string escape -- $before[$from..])
                complete -C (string join ' ' -- $program "$current")
            case '*'
                echo $line
        end
    end
end
complete -c hitch -f -a '(__hitch_complete)'
)";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return {};
}

}  // namespace hitch
