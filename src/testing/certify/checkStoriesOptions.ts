import { kindOf } from '../../connection/checks.js';
import { ConfigError } from '../../errors.js';
import type { Adapter } from './adapter.types.js';
import type { CertifyOptions } from './certify.js';

const LONGEST = 2 ** 31 - 1;

/**
 * Options that cannot work would leave stories out, or end them before they began; and nobody fails what is not played.
 *
 * @throws ConfigError
 */
export function checkStoriesOptions(
  { transport, only, patience, concurrency }: CertifyOptions,
  { transports }: Adapter,
): void {
  if (transport !== undefined) {
    const known: readonly string[] = transports ?? ['stdio', 'http'];
    const own = transports === undefined ? '' : ', which is all that the adapter has';
    if (!known.includes(transport)) throw new ConfigError('transport', transport, known.join(' or ') + own);
  }
  if (only !== undefined && typeof only !== 'string') throw new ConfigError('only', kindOf(only), 'a text');
  if (patience !== undefined && !(Number.isFinite(patience) && patience >= 1 && patience <= LONGEST))
    throw new ConfigError('patience', patience, `milliseconds from 1 to ${LONGEST}`);
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency >= 1))
    throw new ConfigError('concurrency', concurrency, 'a whole number from 1');
}
