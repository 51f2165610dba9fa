#compdef lifeline
# Put into ~/.zshrc, behind compinit: eval "$(lifeline completion zsh)"
_lifeline() {
  local each
  local -a names keys
  for each in "${(@f)$(lifeline completion words -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
    each="${each%%$'\t'*}"
    case "$each" in
      (:files) _files ;;
      (*=) keys+=("$each") ;;
      (?*) names+=("$each") ;;
    esac
  done
  (( ${#names} )) && compadd -- "${names[@]}"
  (( ${#keys} )) && compadd -S '' -- "${keys[@]}"
  return 0
}
if (( ! ${+functions[compdef]} )); then
  autoload -Uz compinit && compinit
fi
compdef _lifeline lifeline
