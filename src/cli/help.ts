import { PACKAGE } from '../package.js';
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
  logs [--follow]                    the daemon's log
  up [--foreground]                  start the daemon; otherwise that is done when needed
  down [--force]                     end it, and with it the servers
  doctor                             what is in order, and what is not
  trust [--yes | --forget]           let this project's configuration start programs

And
  graph [machine]                    a statechart as Mermaid: connection, pool, poolEntry, daemon
  completion bash|zsh|fish           what makes the shell complete

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

const COMMAND_HELP: { readonly [command: string]: string } = {
  call: `Usage: lifeline call <server> <tool> [arguments] [--json] [--timeout <time>] [--no-daemon]
       lifeline call <server>/<tool> …

Arguments, of which later ones replace earlier ones:
  key=value     value is JSON if it is a number, true, false, null, an object or an array; otherwise text
  key:=json     value is JSON, whatever it is: id:='"007"' is the text 007
  '{"a": 1}'    a JSON object
  -             a JSON object from the standard input

Texts of the answer go to the standard output, those of an answer that is an error to the standard error.
Ctrl-C cancels the call.

Examples
  lifeline call demo echo text=hi
  lifeline call demo/add a=1 b=2 --json
  echo '{"text": "hi"}' | lifeline call demo echo -
`,
};

/** @throws CommandError `USAGE` when there is no such command */
export function helpText(command: string): string {
  if (command === '') return GENERAL.trimEnd();
  if (Object.hasOwn(COMMAND_HELP, command)) return (COMMAND_HELP[command] ?? '').trimEnd();
  const line = GENERAL.split('\n').find((each) => each.startsWith(`  ${command} `));
  if (line === undefined)
    throw usageError(`no help for ${JSON.stringify(command)}: there is no such command`);
  return `Usage: lifeline ${line.trim()}\n\n\`lifeline help\` tells of the options that all commands have.`;
}
