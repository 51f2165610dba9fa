import { memberOf } from './exits.js';

/** `3/12 what is done`, as far as a server says it. */
export function describeProgress(value: unknown): string {
  const progress = memberOf(value, 'progress');
  const total = memberOf(value, 'total');
  const message = memberOf(value, 'message');
  const far = typeof progress === 'number' ? String(progress) : '…';
  const goal = typeof total === 'number' ? `/${total}` : '';
  return `${far}${goal}${typeof message === 'string' ? ` ${message}` : ''}`;
}
