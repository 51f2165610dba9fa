/** Help for one command. */
export interface CommandHelp {
  /** Without the name of the program. */
  usage: readonly string[];
  about: string;
  /** Arguments and options of its own, with what they are. */
  details?: readonly (readonly [name: string, text: string])[];
  /** Each a command line that works. */
  examples: readonly string[];
}

const NO_DAEMON = ['--no-daemon', 'start the servers for this command alone'] as const;

export const HELP: { readonly [command: string]: CommandHelp } = {
  call: {
    usage: ['call <server> <tool> [arguments] [--no-daemon]', 'call <server>/<tool> …'],
    about: `Calls a tool. Texts of the answer go to the standard output, those of an answer that is an error to the standard
error. Ctrl-C cancels the call. Later arguments replace earlier ones:`,
    details: [
      ['key=value', 'of the type that the tool wants; JSON or text where it does not say'],
      ['key:=json', `JSON, whatever it is: id:='"007"' is the text 007`],
      [`'{"a": 1}'`, 'a JSON object'],
      ['-', 'a JSON object from the standard input'],
      NO_DAEMON,
    ],
    examples: [
      'lifeline call demo echo text=hi',
      'lifeline call demo/add a=1 b=2 --json',
      `echo '{"text": "hi"}' | lifeline call demo echo -`,
      'lifeline call demo slow seconds=60 --timeout 30s',
    ],
  },
  tools: {
    usage: ['tools [server] [tool] [--no-daemon]'],
    about: 'Lists the tools of all servers or of one, or shows one with its arguments.',
    details: [NO_DAEMON],
    examples: ['lifeline tools', 'lifeline tools demo', 'lifeline tools demo add'],
  },
  resources: {
    usage: ['resources [server] [--no-daemon]'],
    about: 'Lists resources, and the templates of such that are not listed.',
    details: [NO_DAEMON],
    examples: ['lifeline resources', 'lifeline resources demo --json'],
  },
  read: {
    usage: ['read <server> <uri> [--no-daemon]'],
    about: 'Reads a resource. What is no text is named with its size; --json has it in base64.',
    details: [NO_DAEMON],
    examples: ['lifeline read demo demo://greeting'],
  },
  prompts: {
    usage: ['prompts [server] [--no-daemon]'],
    about: 'Lists prompts.',
    details: [NO_DAEMON],
    examples: ['lifeline prompts', 'lifeline prompts demo --json'],
  },
  prompt: {
    usage: ['prompt <server> <prompt> [key=value …] [--no-daemon]'],
    about: 'Fills a prompt in and shows its messages. Values are texts, always.',
    details: [NO_DAEMON],
    examples: ['lifeline prompt demo greet name=Ada'],
  },
  servers: {
    usage: ['servers [--no-daemon]'],
    about: 'The configured servers: how they are reached, whether they are connected, and their health.',
    details: [NO_DAEMON],
    examples: ['lifeline servers', 'lifeline servers --json'],
  },
  ping: {
    usage: ['ping [server] [--no-daemon]'],
    about: 'Connects where there is no connection, and asks whether the servers live.',
    details: [NO_DAEMON],
    examples: ['lifeline ping', 'lifeline ping demo'],
  },
  restart: {
    usage: ['restart <server>'],
    about: 'A new session with a server. Its process ends, and another one is started.',
    examples: ['lifeline restart demo'],
  },
  status: {
    usage: ['status [--watch]'],
    about: 'The daemon and its connections. Starts nothing.',
    details: [['-w, --watch', 'again every second, until Ctrl-C or for as long as --timeout says']],
    examples: ['lifeline status', 'lifeline status --watch', 'lifeline status --json'],
  },
  stats: {
    usage: ['stats'],
    about: 'What the connections did since the daemon started. Starts nothing.',
    examples: ['lifeline stats', 'lifeline stats --json'],
  },
  events: {
    usage: ['events'],
    about: 'What happens to the connections, until Ctrl-C or for as long as --timeout says.',
    examples: ['lifeline events', 'lifeline events --json --timeout 30s'],
  },
  ui: {
    usage: ['ui [--port <port>] [--open]'],
    about: `Serves a page on this machine that shows the connections as they live, and prints its address, which is a secret.
Lasts until Ctrl-C, or as long as --timeout says.`,
    details: [
      ['--port <port>', 'where; without it, one that is free'],
      ['--open', 'opens it in your browser'],
    ],
    examples: ['lifeline ui', 'lifeline ui --open', 'lifeline ui --port 4000 --json'],
  },
  logs: {
    usage: ['logs [--follow]'],
    about: "The last lines of the daemon's log. Starts nothing.",
    details: [['-f, --follow', 'and what is added, until Ctrl-C or for as long as --timeout says']],
    examples: ['lifeline logs', 'lifeline logs --follow'],
  },
  up: {
    usage: ['up [--foreground]'],
    about: 'Starts the daemon now. Otherwise the first command that needs it does.',
    details: [['--foreground', 'is the daemon itself, and writes its log on the standard error']],
    examples: ['lifeline up', 'lifeline up --foreground'],
  },
  down: {
    usage: ['down [--force]'],
    about: 'Ends the daemon and its servers, and waits until they are gone. Starts nothing.',
    details: [['--force', 'does not let calls in flight finish, and ends a daemon that answers nothing']],
    examples: ['lifeline down', 'lifeline down --force'],
  },
  doctor: {
    usage: ['doctor'],
    about: 'Looks at everything that a call needs, and connects to each server.',
    examples: ['lifeline doctor', 'lifeline doctor --json'],
  },
  trust: {
    usage: ['trust [file] [--yes | --forget]'],
    about: `Shows what a project's configuration runs, asks, and remembers that it may, as long as the file stays as it is.`,
    details: [
      ['-y, --yes', 'does not ask'],
      ['--forget', 'does not trust it any more'],
    ],
    examples: ['lifeline trust', 'lifeline trust .mcp.json --yes', 'lifeline trust --forget'],
  },
  graph: {
    usage: [
      'graph [machine] [--mermaid | --table | --svg | --json]',
      'graph [machine] --to <state> [--json]',
    ],
    about: `A statechart of this program, as it runs. Or of a module of yours; or how it comes to a state: every way in, with the
shortest story of each.`,
    details: [
      ['connection', 'what happens to one connection; this is shown where none is named'],
      ['pool', 'all connections of a process'],
      ['poolEntry', 'one of them, in the pool'],
      ['daemon', 'the process that holds them'],
      ['./my.machine.mjs', 'the XState machine that this module exports; it is run'],
      ['--export <name>', 'this one, where a module exports several'],
      ['--mermaid', 'a Mermaid diagram; so it is where nothing else is asked for'],
      ['--table', 'each state and each event, in Markdown'],
      ['--svg', 'a picture; needs the package elkjs'],
      ['--format', 'the same by name: mermaid, table, svg, json'],
      ['--to <state>', 'by its path, or an end of it that is clear: connected.health.degraded, degraded'],
    ],
    examples: [
      'lifeline graph',
      'lifeline graph connection --to failed',
      'lifeline graph daemon --table',
      'lifeline graph pool --svg > pool.svg',
      'lifeline graph poolEntry --json',
      'lifeline graph ./my.machine.mjs --mermaid',
    ],
  },
  certify: {
    usage: ['certify <adapter> [--transport stdio|http] [--only <words>] [--patience <time>]'],
    about: `Plays stories of what can happen to a connection with real servers, and says which of them a connection manager
survives: this one, or yours. The adapter is a module that exports createSubject. Exit code 2 when any failed.`,
    details: [
      ['--transport', 'stdio or http alone'],
      ['--only', 'stories with these words in them'],
      [
        '--patience',
        'in which everything has to show, 8s where nothing is said; what hangs is waited for so long',
      ],
    ],
    examples: [
      'lifeline certify adapter.mjs',
      'lifeline certify adapter.mjs --transport http --only crashes',
      'lifeline certify adapter.mjs --json',
    ],
  },
  completion: {
    usage: ['completion bash|zsh|fish'],
    about: `What makes the shell complete commands, options, servers, tools, arguments, resources and prompts. Put the line into the
file that your shell reads when it starts.`,
    examples: [
      'eval "$(lifeline completion bash)"',
      'eval "$(lifeline completion zsh)"',
      'lifeline completion fish | source',
    ],
  },
};
