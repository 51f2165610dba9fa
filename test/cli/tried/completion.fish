# Put into ~/.config/fish/config.fish: lifeline completion fish | source
function __lifeline_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -e words[1]
  for each in (lifeline completion words -- $words "$current" 2>/dev/null)
    if test "$each" = ":files"
      __fish_complete_path "$current"
    else
      printf '%s\n' "$each"
    end
  end
end
complete -c lifeline -f -a "(__lifeline_complete)"
