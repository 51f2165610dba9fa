/** Something that holds for every connection manager, in every story. */
export interface Invariant {
  readonly id: string;
  /** What holds, in one sentence. */
  readonly sentence: string;
  /** Where that is said: a page of the MCP specification, or what any caller counts on. */
  readonly source: string;
}

const SPECIFICATION = 'https://modelcontextprotocol.io/specification/2025-11-25/basic';
const TIMEOUTS = `${SPECIFICATION}/lifecycle#timeouts`;
const SHUTDOWN = `${SPECIFICATION}/lifecycle#shutdown`;
const SESSIONS = `${SPECIFICATION}/transports#session-management`;
const RESPONSES = `${SPECIFICATION}#responses`;
const PING = `${SPECIFICATION}/utilities/ping#behavior-requirements`;

/** What is looked at, by id. Ids are stable. */
export const INVARIANTS = {
  'connect-settles': {
    sentence: 'every connect() resolves or rejects',
    source: TIMEOUTS,
  },
  'connect-resolves': {
    sentence: 'connect() to a server that is well resolves',
    source: 'what a caller counts on',
  },
  'connect-rejects': {
    sentence: 'connect() rejects when the server refuses, dies in the handshake or never answers it',
    source: TIMEOUTS,
  },
  'call-settles': {
    sentence: 'every call resolves or rejects',
    source: TIMEOUTS,
  },
  'call-served': {
    sentence: 'a call on a connection to a server that is well resolves',
    source: 'what a caller counts on',
  },
  'call-answered-by-its-own': {
    sentence: 'a call resolves with the answer to itself, and to no other',
    source: RESPONSES,
  },
  'call-executed-once': {
    sentence: 'the server executes a call at most once, unless its caller said that it may be repeated',
    source: 'what a caller counts on: a tool may have side effects',
  },
  'one-server': {
    sentence: 'there is one process or session at a time',
    source: 'what a caller counts on: a server may hold memory, files and locks',
  },
  'close-resolves': {
    sentence: 'every close() resolves, whatever the server does',
    source: SHUTDOWN,
  },
  'close-leaves-no-process': {
    sentence: 'after close() no server process is left',
    source: SHUTDOWN,
  },
  'close-ends-the-session': {
    sentence: 'after close() no HTTP session is left: the client sends DELETE',
    source: SESSIONS,
  },
  'close-is-final': {
    sentence: 'after close() nothing is started or connected to, until somebody asks for it',
    source: 'what a caller counts on',
  },
  'state-is-honest': {
    sentence: 'a state of `connected` means a server that answers; if not at once, then soon',
    source: `${PING}, and what a caller counts on`,
  },
  'changes-are-told': {
    sentence: 'whoever listens to changes knows the state',
    source: 'what a caller counts on',
  },
  reconnects: {
    sentence: 'when the server is back, connect() leads to a connection again',
    source: 'what a caller counts on',
  },
  recovers: {
    sentence: 'when the server is back, calls are served again by themselves',
    source: 'the subject’s own claim `recovers`',
  },
  'renews-its-session': {
    sentence: 'when the session is answered with 404, a new one is begun and calls are served',
    source: SESSIONS,
  },
  'replaces-what-hangs': {
    sentence: 'a server that answers nothing is noticed and replaced',
    source: 'the subject’s own claim `replaces`',
  },
  'serves-after-a-pause': {
    sentence: 'when a server that answered nothing answers again, calls are served',
    source: 'what a caller counts on',
  },
  'gives-up': {
    sentence: 'when the server stays away, the subject ends its tries and says `failed`',
    source: 'the subject’s own claim `givesUp`',
  },
} as const satisfies { readonly [id: string]: Omit<Invariant, 'id'> };

export type InvariantId = keyof typeof INVARIANTS;

export function invariantOf(id: InvariantId): Invariant {
  return { id, ...INVARIANTS[id] };
}
