import { validateHeaderName, validateHeaderValue } from 'node:http';
import { didYouMean } from '../../config/suggestions.js';
import { UsageError } from './readOptions.js';
import { Which } from './which.js';

/** What an HTTP request meets instead of the ordinary answer. */
export interface HttpFault {
  /** The method of a message, the name of a tool, an HTTP method, that and a path, or `*`. */
  on: string;
  which: Which;
  /** No answer at all. */
  mute?: boolean | undefined;
  /** Cuts the connection. */
  reset?: boolean | undefined;
  /** `{origin}` in a header is this server. */
  status?: number | undefined;
  headers?: { readonly [name: string]: string } | undefined;
  body?: string | undefined;
  /** Text of an event stream that then ends, or, with `broken`, is cut. */
  events?: string | undefined;
  broken?: boolean | undefined;
  /** Content type of the ordinary answer. */
  type?: string | undefined;
  /** The ordinary answer is cut after so many bytes. */
  cut?: number | undefined;
}

const FIELDS = {
  on: 'string',
  from: 'number',
  times: 'number',
  mute: 'boolean',
  reset: 'boolean',
  status: 'number',
  headers: 'object',
  body: 'string',
  events: 'string',
  broken: 'boolean',
  type: 'string',
  cut: 'number',
} as const;

/**
 * Reads what `--fault` was given: the fields of `HttpFault`, and in place of `which` `from` (how many of these
 * requests go well before it, default 0) and `times` (how many have it, default all).
 *
 * @throws UsageError
 */
export function readHttpFault(given: object): HttpFault {
  for (const [name, value] of Object.entries(given)) {
    const expected = Object.entries(FIELDS).find(([field]) => field === name)?.[1];
    if (expected === undefined) {
      const meant = didYouMean(name, Object.keys(FIELDS));
      throw new UsageError(
        `--fault: found the field ${JSON.stringify(name)}, expected one of ${Object.keys(FIELDS).join(', ')}${meant}`,
      );
    }
    if (typeof value !== expected || value === null)
      throw new UsageError(`--fault: ${name}: found ${JSON.stringify(value)}, expected a ${expected}`);
  }
  const { from = 0, times, ...rest }: Partial<HttpFault> & { from?: number; times?: number } = given;
  if (rest.on === undefined)
    throw new UsageError('--fault: found no field "on", expected what it is about, such as "tools/call"');
  const last = times === undefined ? '+' : `-${from + times}`;
  const which = times === 0 ? null : Which.read(`${from + 1}${last}`);
  if (which === null)
    throw new UsageError(
      `--fault: found from ${from} and times ${times}, expected whole numbers, times from 1`,
    );
  const fault = { ...rest, on: rest.on, which };
  checkDeed(fault);
  return fault;
}

const DEEDS = ['mute', 'reset', 'status', 'events', 'type', 'cut'] as const;

/** What HTTP cannot carry would end the server at the first request, and what says nothing would do nothing. */
function checkDeed(fault: HttpFault): void {
  const { status, headers, type, cut } = fault;
  if (DEEDS.every((deed) => fault[deed] === undefined || fault[deed] === false))
    throw new UsageError(`--fault: found nothing that it does, expected one of ${DEEDS.join(', ')}`);
  checkWhole('status', status, 100, 599);
  checkWhole('cut', cut, 0, 2 ** 31 - 1);
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (canBeHeader(name, value)) continue;
    throw new UsageError(
      `--fault: headers: found ${JSON.stringify({ [name]: value })}, expected names and texts that a header can have`,
    );
  }
  if (type !== undefined && !canBeHeader('content-type', type))
    throw new UsageError(`--fault: type: found ${JSON.stringify(type)}, expected what a header can have`);
}

function checkWhole(field: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
  throw new UsageError(`--fault: ${field}: found ${value}, expected a whole number from ${least} to ${most}`);
}

export function canBeHeader(name: string, value: unknown): boolean {
  try {
    validateHeaderName(name);
    if (typeof value !== 'string') return false;
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
