import { parseArgs } from 'node:util';
import { messageOf } from '../errors.js';
import type { ToolArguments } from './events.js';

export const HELP = `Usage: npm start                                  tour of a server that is killed on the way
       npm start -- [options] <command> [args]    gentle tour of your own server, over stdio
       npm start -- [options] <url>               gentle tour of your own server, over HTTP

The gentle tour connects, checks the health, lists, calls a tool and closes. It kills nothing, and calls
the tool you name, or else one that says it is read-only and needs no arguments; of that one's answer it
shows the length alone.

Options, before the command or the URL:
  --call <tool>         call this tool, and show what it answers
  --arguments <json>    with these arguments (default {})
  --timeout <ms>        longest time for connecting, and for each call (default 60000)
  --json                print one event per line (npm start --silent -- --json leaves npm's own lines out)
  --help                print this

A terminal shows colours unless NO_COLOR is set. Ctrl-C ends the tour, and the server with it.
`;

/** What the command line asks for. */
export type Request =
  | { kind: 'help' }
  | { kind: 'everything'; json: boolean }
  | { kind: 'own'; json: boolean; server: OwnServer; call: OwnCall | null; timeout: number };

export type OwnServer = { command: string; args: string[] } | { url: string };

export interface OwnCall {
  tool: string;
  arguments: ToolArguments;
}

/** A command line that asks for nothing we know. */
export class UsageError extends Error {
  readonly code = 'USAGE';
}

const DEFAULT_TIMEOUT = 60_000;

const options = {
  call: { type: 'string' },
  arguments: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** @throws UsageError */
export function readCommandLine(args: readonly string[]): Request {
  const [own, server] = splitAtServer(args);
  const values = parseOwn(own);
  if (values.help === true) return { kind: 'help' };
  const json = values.json === true;
  const [target, ...rest] = server;
  if (target === undefined) {
    const given = (['call', 'arguments', 'timeout'] as const).find((name) => values[name] !== undefined);
    if (given !== undefined) throw new UsageError(`--${given} needs a server of yours: a command or a URL`);
    return { kind: 'everything', json };
  }
  const isUrl = /^[a-z][a-z\d+.-]*:\/\//i.test(target);
  if (isUrl && rest.length > 0) throw new UsageError('a URL takes no arguments; options go before it');
  return {
    kind: 'own',
    json,
    server: isUrl ? { url: target } : { command: target, args: rest },
    call: readCall(values.call, values.arguments),
    timeout: readTimeout(values.timeout),
  };
}

/** Whether the events are wanted as JSON, also where the rest of the command line is wrong. */
export function wantsJson(args: readonly string[]): boolean {
  return splitAtServer(args)[0].includes('--json');
}

/** Our options, and from the first word on that is none: what is after it belongs to the server. */
function splitAtServer(args: readonly string[]): [own: string[], server: string[]] {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const first = tokens.find((token) => token.kind !== 'option');
  if (first === undefined) return [[...args], []];
  const rest = args.slice(first.kind === 'positional' ? first.index : first.index + 1);
  return [args.slice(0, first.index), rest];
}

function parseOwn(args: string[]) {
  try {
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    const [reason] = messageOf(error).split(/[.\n]/);
    throw new UsageError(`${reason ?? 'wrong options'}; --help tells the options`);
  }
}

function readCall(tool: string | undefined, json: string | undefined): OwnCall | null {
  if (tool === undefined) {
    if (json !== undefined) throw new UsageError('--arguments needs --call <tool>');
    return null;
  }
  return { tool, arguments: readArguments(json ?? '{}') };
}

function readArguments(json: string): ToolArguments {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new UsageError('--arguments is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError('--arguments is no JSON object');
  }
  return { ...value };
}

function readTimeout(given: string | undefined): number {
  if (given === undefined) return DEFAULT_TIMEOUT;
  if (!/^[1-9]\d{0,8}$/.test(given)) throw new UsageError('--timeout is no number of milliseconds');
  return Number(given);
}
