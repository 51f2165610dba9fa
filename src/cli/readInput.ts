import type { Deadline } from '../daemon/client/Deadline.js';
import { CommandError, usageError } from './exits.js';

/**
 * The standard input, to its end.
 *
 * @throws CommandError `REQUEST_TIMEOUT` when it does not end in time, `USAGE` when it cannot be read
 * @throws the reason of the deadline's signal
 */
export function readInput({ signal, left, total }: Deadline): Promise<string> {
  const { stdin } = process;
  return new Promise((resolve, reject) => {
    let text = '';
    const late = () =>
      fail(new CommandError('REQUEST_TIMEOUT', `the standard input: no end within ${total} ms`));
    const timer = setTimeout(late, left);
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onabort);
      // Whoever still writes must not keep this process.
      stdin.pause();
    };
    const fail = (reason: unknown) => {
      finish();
      reject(reason);
    };
    const onabort = () => fail(signal.reason);
    if (signal.aborted) return onabort();
    signal.addEventListener('abort', onabort, { once: true });
    // Stays: what breaks later is of no interest, but must not end the process.
    stdin.on('error', ({ message }) => fail(usageError(`the standard input cannot be read: ${message}`)));
    stdin.setEncoding('utf8').on('data', (chunk) => {
      text += String(chunk);
    });
    stdin.once('end', () => {
      finish();
      resolve(text);
    });
  });
}
