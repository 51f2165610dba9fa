import { createInterface } from 'node:readline';
import type { Deadline } from '../daemon/client/Deadline.js';
import { CommandError } from './exits.js';
import { stderr } from './streams.js';

/**
 * Asks whoever sits at the terminal. Resolves with what they typed; with nothing when they ended the input.
 *
 * @throws CommandError `INTERRUPTED`, `REQUEST_TIMEOUT`, or the reason of the deadline's signal
 */
export function ask(question: string, { signal, left, total }: Deadline): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: stderr() });
  const over = new AbortController();
  return new Promise<string>((resolve, reject) => {
    const onabort = () => reject(signal.reason);
    const late = () => reject(new CommandError('REQUEST_TIMEOUT', `not answered within ${total} ms`));
    const timer = setTimeout(late, left);
    over.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onabort);
    });
    signal.addEventListener('abort', onabort, { once: true });
    // While it reads keys, Ctrl-C is one of them and no signal.
    terminal.once('SIGINT', () => reject(new CommandError('INTERRUPTED', 'interrupted')));
    terminal.once('close', () => resolve(''));
    terminal.question(question, resolve);
  }).finally(() => {
    over.abort();
    terminal.close();
  });
}
