import { didYouMean } from '../config/suggestions.js';
import type { Backend } from './backend.types.js';
import type { Shell } from './Shell.js';

/** Says that there is no such thing, if that is so, and what was perhaps meant. */
export async function suggestOther(
  shell: Shell,
  { server, what, name }: { server: string; what: string; name: string },
  ask: (backend: Backend) => Promise<readonly string[]>,
): Promise<void> {
  try {
    const names = await ask(await shell.backend());
    if (names.includes(name)) return;
    shell.output.note(`lifeline: ${server} has no ${what} ${JSON.stringify(name)}${didYouMean(name, names)}`);
  } catch {
    // What went wrong was told already.
  }
}
