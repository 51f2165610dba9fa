import { demandTrust } from '../../daemon/client/setting.js';
import { CommandError, EXIT, usageError } from '../exits.js';
import type { Command, Shell } from '../Shell.js';

/** `up [--foreground]` */
export const up: Command = async (shell) => {
  const { output, setting, options } = shell;
  demandTrust(setting);
  if (options.foreground === true) return inForeground(shell);
  const { pid } = await (await shell.backend()).request('daemon.status');
  if (output.isJson) output.json({ pid });
  else output.note(`the daemon runs as process ${pid}`);
  return EXIT.ok;
};

async function inForeground(shell: Shell): Promise<number> {
  const { output, setting } = shell;
  if (output.isJson) throw usageError('up --foreground writes a log, and has no --json');
  const { path, fingerprint, places } = setting;
  const { ensureSafePlaces } = await import('../../ipc/safeDirectory.js');
  const { acquire } = await import('../../ipc/ownership.js');
  const { runDaemon } = await import('../../daemon/runDaemon.js');
  ensureSafePlaces(places);
  const acquisition = acquire(places);
  if (acquisition.kind === 'owned') {
    throw new CommandError('DAEMON_TAKEN', `process ${acquisition.by.pid} is the daemon already`);
  }
  // Signals are the daemon's own matter now.
  shell.handOverSignals();
  const log = (line: string) => output.note(line);
  const { ownership } = acquisition;
  return (await runDaemon({ path, fingerprint, places, ownership, log })) === 0 ? EXIT.ok : EXIT.connection;
}
