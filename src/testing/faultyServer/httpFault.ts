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
  return { ...rest, on: rest.on, which };
}
