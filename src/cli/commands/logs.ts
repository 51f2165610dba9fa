import { readOwnFile } from '../../ipc/ownFile.js';
import { EXIT } from '../exits.js';
import type { Command } from '../Shell.js';

const LONGEST = 8 * 1024 * 1024;
/** Lines that are shown of what was before. */
const LAST = 200;
/** Milliseconds between two looks. */
const LOOK_EVERY = 300;

/** `logs [--follow]`: the daemon's, of this configuration. Starts nothing. */
export const logs: Command = async ({ output, setting, options, deadline }) => {
  const { log: path } = setting.places;
  let shown = 0;
  const show = (lines: readonly string[]) => {
    for (const line of lines) output.isJson ? output.json({ line }) : output.text(line);
  };
  const read = () => (readOwnFile(path, LONGEST) ?? '').split('\n').slice(0, -1);
  const before = read();
  show(before.slice(-LAST));
  shown = before.length;
  while (options.follow === true) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, LOOK_EVERY);
    });
    deadline.signal.throwIfAborted();
    const now = read();
    // It has begun anew.
    if (now.length < shown) shown = 0;
    show(now.slice(shown));
    shown = now.length;
  }
  if (before.length === 0 && !output.isJson) output.note(`there is no log yet: ${path}`);
  return EXIT.ok;
};
