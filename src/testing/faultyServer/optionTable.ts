/**
 * What an option takes. `which` may be left out; `…@which` may follow a value; a `text` may be anything.
 */
export type OptionValue =
  | 'none'
  | 'which'
  | 'text'
  | 'number'
  | 'number@which'
  | 'text@which'
  | 'json'
  | 'port';

export interface OptionRow {
  readonly name: string;
  readonly takes: OptionValue;
  /** The value, as the help shows it. */
  readonly value?: string;
  readonly help: string;
  /** Where it means anything. Default: both. */
  readonly only?: 'stdio' | 'http';
  readonly isRepeatable?: true;
}

export interface OptionGroup {
  readonly title: string;
  readonly rows: readonly OptionRow[];
}

const WHICH = '[WHICH]';
const KINDS = ['initialize', 'ping', 'list', 'call'] as const;

/** A fault that each kind of request may have. */
function ofEachKind(prefix: string, help: (what: string) => string): OptionRow[] {
  const words = {
    initialize: 'the handshake',
    ping: 'a ping',
    list: 'a request for a list',
    call: 'a call of a tool',
  };
  return KINDS.map((kind) => ({
    name: `${prefix}-${kind}`,
    takes: 'which',
    value: WHICH,
    help: help(words[kind]),
  }));
}

/** Every option there is, as the help and the guide list them. */
export const OPTION_GROUPS: readonly OptionGroup[] = [
  {
    title: 'Where it serves',
    rows: [
      {
        name: 'http',
        takes: 'port',
        value: '[PORT]',
        help: 'Streamable HTTP on 127.0.0.1 instead of stdio, on a free port unless one is given; prints its URL',
      },
      { name: 'sse', takes: 'none', only: 'http', help: 'the older HTTP+SSE instead, at /sse' },
      { name: 'stream', takes: 'none', only: 'http', help: 'answers with event streams instead of JSON' },
      {
        name: 'end-with-input',
        takes: 'none',
        only: 'http',
        help: 'exits when its standard input ends, as on stdio it does anyway',
      },
    ],
  },
  {
    title: 'Start and end',
    rows: [
      { name: 'crash-on-start', takes: 'which', value: WHICH, help: 'exits before it reads anything' },
      { name: 'hang-on-start', takes: 'which', value: WHICH, help: 'lives, and neither reads nor writes' },
      {
        name: 'exit',
        takes: 'number',
        value: 'CODE',
        help: 'exit code of its crashes, default 1; without a --crash option, of its end at the start',
      },
      {
        name: 'stderr',
        takes: 'text',
        value: 'TEXT',
        help: 'writes TEXT and a newline on stderr when it starts',
      },
      {
        name: 'stdout',
        takes: 'text',
        value: 'TEXT',
        only: 'stdio',
        help: 'writes TEXT as it is on stdout when it starts',
      },
      { name: 'ignore-end', takes: 'none', only: 'stdio', help: 'stays when its standard input ends' },
      { name: 'ignore-term', takes: 'none', help: 'stays on SIGTERM' },
      {
        name: 'child',
        takes: 'none',
        only: 'stdio',
        help: 'has a child in its process group that holds its stdout',
      },
      {
        name: 'stray',
        takes: 'none',
        only: 'stdio',
        help: 'has a child in a group of its own that holds its stdout',
      },
    ],
  },
  {
    title: 'What it does with requests',
    rows: [
      ...ofEachKind('crash-on', (what) => `exits when it has received ${what}`),
      ...ofEachKind('crash-after', (what) => `exits when it has answered ${what}`),
      ...ofEachKind('hang-on', (what) => `never answers ${what}`),
      ...ofEachKind('error-on', (what) => `answers ${what} with an error`),
      { name: 'silent', takes: 'which', value: WHICH, help: 'never answers a request of any kind' },
      {
        name: 'slow',
        takes: 'number@which',
        value: 'MS[@WHICH]',
        help: 'answers a request of any kind so many milliseconds late',
      },
      {
        name: 'protocol',
        takes: 'text',
        value: 'VERSION',
        help: 'answers the handshake with this protocol version',
      },
      {
        name: 'initialize',
        takes: 'json',
        value: 'JSON',
        help: 'puts the fields of this object over its answer to the handshake',
      },
    ],
  },
  {
    title: 'What it writes, on stdio',
    rows: [
      {
        name: 'garbage',
        takes: 'which',
        value: WHICH,
        only: 'stdio',
        help: 'writes a line that is no JSON before an answer',
      },
      { name: 'crlf', takes: 'none', only: 'stdio', help: 'ends its lines with \\r\\n' },
      {
        name: 'piece',
        takes: 'number',
        value: 'BYTES',
        only: 'stdio',
        help: 'writes its answers in pieces of so many bytes',
      },
      {
        name: 'pull',
        takes: 'none',
        only: 'stdio',
        help: 'with --piece: writes the next piece only after notifications/pull',
      },
      {
        name: 'stderr-flood',
        takes: 'number',
        value: 'BYTES',
        help: 'writes so much on stderr before its first answer',
      },
    ],
  },
  {
    title: 'What it does with HTTP requests',
    rows: [
      {
        name: 'on',
        takes: 'text',
        value: 'NAME',
        only: 'http',
        help: 'which requests the options from --status to --drop-connection are about: a method, a tool, an HTTP method, or * for all; default POST',
      },
      {
        name: 'status',
        takes: 'number@which',
        value: 'CODE[@WHICH]',
        only: 'http',
        help: 'answers with this HTTP status',
      },
      {
        name: 'header',
        takes: 'text',
        value: 'NAME:VALUE',
        only: 'http',
        isRepeatable: true,
        help: 'with --status: a header of that answer, such as Retry-After:1',
      },
      {
        name: 'mute',
        takes: 'which',
        value: WHICH,
        only: 'http',
        help: 'does not answer the HTTP request at all',
      },
      {
        name: 'truncate',
        takes: 'number@which',
        value: 'BYTES[@WHICH]',
        only: 'http',
        help: 'cuts its answer after so many bytes',
      },
      {
        name: 'content-type',
        takes: 'text@which',
        value: 'TYPE[@WHICH]',
        only: 'http',
        help: 'says that its answer is of this type',
      },
      { name: 'drop-connection', takes: 'which', value: WHICH, only: 'http', help: 'cuts the connection' },
      {
        name: 'expire-session-after',
        takes: 'number',
        value: 'N',
        only: 'http',
        help: 'forgets a session after N requests in it: the next is answered with 404',
      },
      {
        name: 'fault',
        takes: 'json',
        value: 'JSON',
        only: 'http',
        isRepeatable: true,
        help: 'a fault in full, see the guide; of several the first that fits counts',
      },
    ],
  },
  {
    title: 'What it tells the test',
    rows: [
      {
        name: 'count-in',
        takes: 'text',
        value: 'FILE',
        help: 'keeps its counts in this file: WHICH then counts over restarts',
      },
      {
        name: 'ledger',
        takes: 'text',
        value: 'FILE',
        help: "appends the name and the argument 'key' of each call it begins to this file",
      },
      {
        name: 'watch',
        takes: 'number',
        value: 'PORT',
        help: 'holds a connection to this loopback port as long as it lives, and says its pid there',
      },
      {
        name: 'record',
        takes: 'text',
        value: 'FILE',
        only: 'http',
        help: 'appends each HTTP request to this file, as a line of JSON',
      },
      { name: 'print-requests', takes: 'none', only: 'http', help: 'prints a line for each HTTP request' },
    ],
  },
  {
    title: 'About it',
    rows: [
      { name: 'help', takes: 'none', help: 'prints this' },
      { name: 'version', takes: 'none', help: 'prints the version of mcp-lifeline' },
    ],
  },
];

export const OPTION_ROWS: readonly OptionRow[] = OPTION_GROUPS.flatMap(({ rows }) => rows);
