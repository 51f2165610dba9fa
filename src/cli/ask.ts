import { createInterface } from 'node:readline';
import type { Deadline } from '../daemon/client/Deadline.js';
import { CommandError } from './exits.js';
import { stderr } from './streams.js';

/**
 * Asks whoever sits at the terminal. Resolves with what they typed; with nothing when they ended the input.
 *
 * @throws CommandError `INTERRUPTED`, or the reason of the deadline's signal
 */
export function ask(question: string, { signal }: Deadline): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: stderr() });
  return new Promise<string>((resolve, reject) => {
    const onabort = () => reject(signal.reason);
    signal.addEventListener('abort', onabort, { once: true });
    // While it reads keys, Ctrl-C is one of them and no signal.
    terminal.once('SIGINT', () => reject(new CommandError('INTERRUPTED', 'interrupted')));
    terminal.once('close', () => resolve(''));
    terminal.question(question, resolve);
  }).finally(() => terminal.close());
}
