/*
 * What the shells are given. They ask `lifeline completion words -- <words>` for each key, which answers with one line
 * for each word that may follow: the word, and behind a tab what it is. Nothing in an answer is a command to the shell:
 * names of servers' tools come in it. `:files` alone says that a file is expected.
 */

const bash = `# Put into ~/.bashrc: eval "$(lifeline completion bash)"
_lifeline() {
  local line="\${COMP_LINE:0:COMP_POINT}" current each separator head prefix=""
  local -a words
  read -ra words <<< "$line"
  case "$line" in *[[:space:]]) words+=("") ;; esac
  current="\${words[\${#words[@]}-1]}"
  # Bash replaces only what is behind the last of these.
  for separator in = :; do
    if [[ "$COMP_WORDBREAKS" == *"$separator"* && "$current" == *"$separator"* ]]; then
      head="\${current%"$separator"*}$separator"
      if [ "\${#head}" -gt "\${#prefix}" ]; then prefix="$head"; fi
    fi
  done
  COMPREPLY=()
  while IFS=$'\\t' read -r each _; do
    if [ "$each" = ":files" ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r each; do COMPREPLY+=("$each"); done < <(compgen -f -- "\${current#"$prefix"}")
    else
      case "$each" in *=) compopt -o nospace 2>/dev/null ;; esac
      COMPREPLY+=("\${each#"$prefix"}")
    fi
  done < <(lifeline completion words -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _lifeline lifeline`;

const zsh = `#compdef lifeline
# Put into ~/.zshrc, behind compinit: eval "$(lifeline completion zsh)"
_lifeline() {
  local each
  local -a names keys
  for each in "\${(@f)$(lifeline completion words -- "\${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
    each="\${each%%$'\\t'*}"
    case "$each" in
      (:files) _files ;;
      (*=) keys+=("$each") ;;
      (?*) names+=("$each") ;;
    esac
  done
  (( \${#names} )) && compadd -- "\${names[@]}"
  (( \${#keys} )) && compadd -S '' -- "\${keys[@]}"
  return 0
}
if (( ! \${+functions[compdef]} )); then
  autoload -Uz compinit && compinit
fi
compdef _lifeline lifeline`;

const fish = `# Put into ~/.config/fish/config.fish: lifeline completion fish | source
function __lifeline_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -e words[1]
  for each in (lifeline completion words -- $words "$current" 2>/dev/null)
    if test "$each" = ":files"
      __fish_complete_path "$current"
    else
      printf '%s\\n' "$each"
    end
  end
end
complete -c lifeline -f -a "(__lifeline_complete)"`;

export const SCRIPTS: { readonly [shell: string]: string } = { bash, zsh, fish };
