import { OPTION_NAMES } from '../commandLine.js';
import { EXIT, usageError } from '../exits.js';
import type { Command } from '../Shell.js';

/** Commands whose first argument is a server, and those whose second is one of its tools. */
const OF_SERVERS = ['call', 'tools', 'ping', 'restart', 'resources', 'read', 'prompts', 'prompt'];
const OF_TOOLS = ['call', 'tools'];

const SERVERS = 'lifeline servers 2>/dev/null | cut -f1';
const TOOLS = 'lifeline tools "$server" 2>/dev/null | cut -f2';

const options = OPTION_NAMES.map((name) => `--${name}`).join(' ');

const bash = (commands: string) => `# eval "$(lifeline completion bash)"
_lifeline() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" server="\${COMP_WORDS[2]}" words=""
  case "$word" in -*) COMPREPLY=($(compgen -W "${options}" -- "$word")); return ;; esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${commands}"
  elif [ "$COMP_CWORD" -eq 2 ]; then
    case "$command" in ${OF_SERVERS.join('|')}) words="$(${SERVERS})" ;; completion) words="bash zsh fish" ;; esac
  elif [ "$COMP_CWORD" -eq 3 ]; then
    case "$command" in ${OF_TOOLS.join('|')}) words="$(${TOOLS})" ;; esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _lifeline lifeline`;

const zsh = (commands: string) => `# eval "$(lifeline completion zsh)"
_lifeline() {
  local command="\${words[2]}" server="\${words[3]}"
  if [[ "\${words[CURRENT]}" == -* ]]; then compadd -- ${options}
  elif (( CURRENT == 2 )); then compadd -- ${commands}
  elif (( CURRENT == 3 )); then
    case "$command" in ${OF_SERVERS.join('|')}) compadd -- \${(f)"$(${SERVERS})"} ;; completion) compadd -- bash zsh fish ;; esac
  elif (( CURRENT == 4 )); then
    case "$command" in ${OF_TOOLS.join('|')}) compadd -- \${(f)"$(${TOOLS})"} ;; esac
  fi
}
compdef _lifeline lifeline`;

const fish = (commands: string) => `# lifeline completion fish | source
complete -c lifeline -f
complete -c lifeline -n __fish_use_subcommand -a "${commands}"
complete -c lifeline -n "__fish_seen_subcommand_from ${OF_SERVERS.join(' ')}; and test (count (commandline -opc)) -eq 2" -a "(${SERVERS})"
complete -c lifeline -n "__fish_seen_subcommand_from ${OF_TOOLS.join(' ')}; and test (count (commandline -opc)) -eq 3" -a "(set server (commandline -opc)[3]; ${TOOLS})"
complete -c lifeline -n "__fish_seen_subcommand_from completion" -a "bash zsh fish"
${OPTION_NAMES.map((name) => `complete -c lifeline -l ${name}`).join('\n')}`;

const SCRIPTS: { readonly [shell: string]: (commands: string) => string } = { bash, zsh, fish };

/** `completion bash|zsh|fish`: servers and tools are completed, too. */
export const completion: Command = async ({ args, output, commands }) => {
  const [shell = ''] = args;
  const write = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (write === undefined) throw usageError('completion needs a shell: bash, zsh or fish');
  const script = write(commands.join(' '));
  if (output.isJson) output.json({ shell, script });
  else output.text(script);
  return EXIT.ok;
};
