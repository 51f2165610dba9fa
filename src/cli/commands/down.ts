import { EXIT } from '../exits.js';
import type { Command } from '../Shell.js';
import { untilGone } from '../untilGone.js';

/** `down [--force]`: resolves when the daemon and its servers are gone. */
export const down: Command = async (shell) => {
  const { output, options, setting, deadline } = shell;
  const daemon = await shell.runningDaemon();
  if (daemon !== null) {
    await daemon.request('daemon.stop', { isUrgent: options.force === true });
    await untilGone(setting.places, deadline);
  }
  if (output.isJson) output.json({ wasRunning: daemon !== null });
  else output.note(daemon === null ? 'no daemon is running' : 'the daemon is gone');
  return EXIT.ok;
};
