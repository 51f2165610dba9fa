import { canBeHeader, type HttpFault, readHttpFault } from './httpFault.js';
import { type GivenOptions, UsageError, wrongValue } from './readOptions.js';
import { WHICH_EXPECTED, Which } from './which.js';

/** What is counted, each from 1. */
export const COUNTED = ['start', 'request', 'initialize', 'ping', 'list', 'call'] as const;
export type Counted = (typeof COUNTED)[number];
export type RequestKind = Exclude<Counted, 'start' | 'request'>;

type PerKind = { readonly [Kind in RequestKind]: Which | null };

/** What the options ask for. */
export interface Settings {
  /** Null on stdio; 0 for any. */
  port: number | null;
  isSse: boolean;
  isStream: boolean;
  endsWithInput: boolean;
  crashOnStart: Which | null;
  hangOnStart: Which | null;
  exitCode: number;
  stderr: string | null;
  stdout: string | null;
  ignoresEnd: boolean;
  ignoresTerm: boolean;
  hasChild: boolean;
  hasStray: boolean;
  crashOn: PerKind;
  crashAfter: PerKind;
  hangOn: PerKind;
  errorOn: PerKind;
  silent: Which | null;
  /** Milliseconds. */
  slow: { value: number; which: Which } | null;
  /** Over the answer to the handshake. */
  initialize: object;
  garbage: Which | null;
  newline: '\n' | '\r\n';
  piece: number | null;
  isPulled: boolean;
  stderrFlood: number;
  httpFaults: readonly HttpFault[];
  expireSessionAfter: number;
  countIn: string | null;
  ledger: string | null;
  watch: number | null;
  record: string | null;
  printsRequests: boolean;
}

/** @throws UsageError when a value is none that the option takes */
export function settingsOf(given: GivenOptions): Settings {
  const has = (name: string) => given.has(name);
  const text = (name: string) => given.get(name)?.[0] ?? null;
  const which = (name: string) => whichOf(name, text(name));
  const number = (name: string, least: number, most: number) => numberOf(name, text(name), least, most);
  const perKind = (prefix: string): PerKind => ({
    initialize: which(`${prefix}-initialize`),
    ping: which(`${prefix}-ping`),
    list: which(`${prefix}-list`),
    call: which(`${prefix}-call`),
  });
  // An exit code of no crash is that of the start.
  const crashes = [...given.keys()].some((name) => name.startsWith('crash-'));
  const protocol = text('protocol');
  const port = text('http');
  return {
    port: port === '' ? 0 : numberOf('http', port, 0, 65_535),
    isSse: has('sse'),
    isStream: has('stream'),
    endsWithInput: has('end-with-input'),
    crashOnStart: which('crash-on-start') ?? (has('exit') && !crashes ? Which.all : null),
    hangOnStart: which('hang-on-start'),
    exitCode: number('exit', 0, 255) ?? 1,
    stderr: text('stderr'),
    stdout: text('stdout'),
    ignoresEnd: has('ignore-end'),
    ignoresTerm: has('ignore-term'),
    hasChild: has('child'),
    hasStray: has('stray'),
    crashOn: perKind('crash-on'),
    crashAfter: perKind('crash-after'),
    hangOn: perKind('hang-on'),
    errorOn: perKind('error-on'),
    silent: which('silent'),
    slow: numberAndWhich('slow', text('slow'), 0, 2 ** 31 - 1),
    initialize: {
      ...(protocol !== null && { protocolVersion: protocol }),
      ...jsonOf('initialize', text('initialize')),
    },
    garbage: which('garbage'),
    newline: has('crlf') ? '\r\n' : '\n',
    piece: number('piece', 1, 2 ** 31 - 1),
    isPulled: has('pull'),
    stderrFlood: number('stderr-flood', 0, 2 ** 31 - 1) ?? 0,
    httpFaults: httpFaultsOf(given),
    expireSessionAfter: number('expire-session-after', 0, 2 ** 31 - 1) ?? Number.POSITIVE_INFINITY,
    countIn: text('count-in'),
    ledger: text('ledger'),
    watch: number('watch', 1, 65_535),
    record: text('record'),
    printsRequests: has('print-requests'),
  };
}

/** The short options first, as the more particular ones are usually given by hand. */
function httpFaultsOf(given: GivenOptions): HttpFault[] {
  const text = (name: string) => given.get(name)?.[0] ?? null;
  const on = text('on') ?? 'POST';
  const every = { on };
  const short: HttpFault[] = [];
  const status = numberAndWhich('status', text('status'), 100, 599);
  const headers = Object.fromEntries((given.get('header') ?? []).map(headerOf));
  if (status !== null) short.push({ ...every, which: status.which, status: status.value, headers });
  const mute = whichOf('mute', text('mute'));
  if (mute !== null) short.push({ ...every, which: mute, mute: true });
  const drop = whichOf('drop-connection', text('drop-connection'));
  if (drop !== null) short.push({ ...every, which: drop, reset: true });
  const cut = numberAndWhich('truncate', text('truncate'), 0, 2 ** 31 - 1);
  if (cut !== null) short.push({ ...every, which: cut.which, cut: cut.value });
  const type = textAndWhich('content-type', text('content-type'));
  if (type !== null && !canBeHeader('content-type', type.value))
    throw wrongValue('content-type', type.value, 'what a header can have');
  if (type !== null) short.push({ ...every, which: type.which, type: type.value });
  const long = (given.get('fault') ?? []).map((json) => readHttpFault(jsonOf('fault', json)));
  // There answers come on a stream that all of them share.
  const onlyOf = long.find(({ type, cut }) => type !== undefined || cut !== undefined);
  if (given.has('sse') && onlyOf !== undefined)
    throw new UsageError('--fault: found type or cut with --sse, expected on Streamable HTTP only');
  return [...short, ...long];
}

function whichOf(name: string, text: string | null): Which | null {
  if (text === null) return null;
  const which = text === '' ? Which.all : Which.read(text);
  if (which === null) throw wrongValue(name, text, WHICH_EXPECTED);
  return which;
}

function numberOf(name: string, text: string | null, least: number, most: number): number | null {
  if (text === null) return null;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw wrongValue(name, text, `a whole number from ${least} to ${most}`);
}

function textAndWhich(name: string, text: string | null): { value: string; which: Which } | null {
  if (text === null) return null;
  const at = text.lastIndexOf('@');
  if (at === -1) return { value: text, which: Which.all };
  const which = Which.read(text.slice(at + 1));
  if (which === null) throw wrongValue(name, text, `behind the @ ${WHICH_EXPECTED}`);
  return { value: text.slice(0, at), which };
}

function numberAndWhich(
  name: string,
  text: string | null,
  least: number,
  most: number,
): { value: number; which: Which } | null {
  const both = textAndWhich(name, text);
  const value = numberOf(name, both?.value ?? null, least, most);
  return both === null || value === null ? null : { value, which: both.which };
}

function headerOf(text: string): [name: string, value: string] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):\s*([\t -~]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw wrongValue('header', text, 'a name and a value, as Retry-After:1');
  return [name, value];
}

function jsonOf(name: string, text: string | null): object {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw wrongValue(name, text, 'an object, as JSON');
}
