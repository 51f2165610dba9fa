import { didYouMean } from '../config/suggestions.js';
import { PACKAGE } from '../package.js';
import { type CommandHelp, HELP } from './commandHelp.js';
import { usageError } from './exits.js';

const GENERAL = `lifeline ${PACKAGE.version}: MCP servers that stay alive between commands

Usage: lifeline <command> [arguments] [options]

Ask servers
  call <server> <tool> [arguments]   call a tool; also <server>/<tool>
  tools [server] [tool]              list tools, or show one
  resources [server]                 list resources
  read <server> <uri>                read a resource
  prompts [server]                   list prompts
  prompt <server> <prompt> [key=value …]

See to them
  servers                            the configured servers
  ping [server]                      ask whether they live
  restart <server>                   a new session
  status [--watch]                   the daemon and its connections
  stats                              what they did
  events                             what happens, as it happens
  ui [--open]                        a page that shows the connections as they live
  logs [--follow]                    the daemon's log
  up [--foreground]                  start the daemon; otherwise that is done when needed
  down [--force]                     end it, and with it the servers
  doctor                             what is in order, and what is not
  trust [--yes | --forget]           let this project's configuration start programs

And
  graph [machine] [--to <state>]     a statechart as a diagram; how it comes to a state
  certify <adapter>                  what a connection manager survives; yours, too
  completion bash|zsh|fish           what makes the shell complete
  help [command]                     this, or one command with examples

Options
  -c, --config <file>    the configuration; else MCP_LIFELINE_CONFIG, .mcp.json, your own, or a demo server
  -j, --json             results and errors as JSON
  -t, --timeout <time>   for all of it: 1500, 30s, 2m
      --no-daemon        start the servers for this command alone
  -h, --help             this, or help for one command
  -V, --version

Exit codes: 0 done, 1 usage or configuration, 2 the tool or the server answered with an error, 3 connection,
4 authorization needed, 5 timeout, 130 interrupted

Examples
  lifeline call demo echo text=hi
  lifeline call files/read_file path=notes.md
  lifeline tools --json
`;

/** @throws CommandError `USAGE` when there is no such command */
export function helpText(command: string): string {
  if (command === '' || command === 'help') return GENERAL.trimEnd();
  const help = Object.hasOwn(HELP, command) ? HELP[command] : undefined;
  if (help !== undefined) return textOf(help);
  const meant = didYouMean(command, Object.keys(HELP));
  throw usageError(
    `no help for ${JSON.stringify(command)}: there is no such command${meant === '' ? '; `lifeline help` lists them' : meant}`,
  );
}

function textOf({ usage, about, details = [], examples }: CommandHelp): string {
  const uses = usage.map((each, index) => `${index === 0 ? 'Usage: ' : '       '}lifeline ${each}`);
  const width = Math.max(0, ...details.map(([name]) => name.length));
  const parts = [
    uses.join('\n'),
    about,
    details.map(([name, text]) => `  ${name.padEnd(width)}   ${text}`).join('\n'),
    `Examples\n${examples.map((each) => `  ${each}`).join('\n')}`,
    'All commands have --config, --json and --timeout: see `lifeline help`.',
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}
