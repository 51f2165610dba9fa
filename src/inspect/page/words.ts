import { escapeText } from '../../escape.js';
import type { ConnectionRow } from '../frames.types.js';

/** A text of others, for people: what cannot be seen in it can be seen. */
export const shown = escapeText;

/** `0.4 s`, `12 s`, `3 min`, `2 h`, `5 d`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `0.4 ms`, `12 ms`, `1.2 s`. */
export function latency(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

/** Time of day, to the second. */
export function timeOfDay(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}

/** `connecting: handshakeStart`, `retry 3 in 2.0 s`, `failed: PROCESS_EXITED`, `connected`, `disabled`. */
export function statusInWords(row: ConnectionRow, now: number): string {
  const { status, phase, retries, retryAt } = row;
  if (status === 'connecting') return phase === null ? status : `connecting: ${phase}`;
  if (status === 'reconnecting' && retryAt !== null) return `retry ${retries} in ${countdown(retryAt - now)}`;
  if (status === 'reconnecting' && retries > 0) return `reconnecting: retry ${retries}`;
  if (status === 'failed' && row.error !== null) return `failed: ${row.error.code}`;
  if (row.isBegun) return status;
  if (isDisabled(row)) return 'disabled';
  return row.error === null ? 'not in use' : `cannot be used: ${row.error.code}`;
}

/** What a connection looks like: as its status does; one that nobody has used, as such, or as what keeps it from that. */
export function lookOf(row: ConnectionRow): string {
  if (row.isBegun) return row.status;
  return row.error === null || isDisabled(row) ? 'unused' : 'failed';
}

/** By the configuration: nothing is amiss. */
function isDisabled({ error }: ConnectionRow): boolean {
  return error?.code === 'DISABLED';
}

/** `2.4 s`; whole seconds where it takes long. */
export function countdown(milliseconds: number): string {
  const left = Math.max(0, milliseconds) / 1000;
  return left >= 10 ? `${Math.ceil(left)} s` : `${left.toFixed(1)} s`;
}
