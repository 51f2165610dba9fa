import { pause } from '../../daemon/client/pause.js';
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
  const show = (lines: readonly string[]) => {
    for (const line of lines) output.isJson ? output.json({ line }) : output.text(line);
  };
  const before = linesOf(path);
  show(before.slice(-LAST));
  if (before.length === 0 && !output.isJson) output.note(`there is no log yet: ${path}`);
  let shown = before.length;
  while (options.follow === true && !deadline.isOver) {
    await pause(Math.min(LOOK_EVERY, deadline.left), deadline.signal);
    let now = linesOf(path);
    if (now.length < shown) {
      // It has begun anew: the rest of what was before lies beside it.
      show(linesOf(`${path}.old`).slice(shown));
      shown = 0;
      now = linesOf(path);
    }
    show(now.slice(shown));
    shown = now.length;
  }
  return EXIT.ok;
};

/** Whole lines: what is not ended is not written yet. */
function linesOf(path: string): string[] {
  return (readOwnFile(path, LONGEST) ?? '').split('\n').slice(0, -1);
}
