import { demandTrust } from '../../daemon/client/setting.js';
import { EXIT } from '../exits.js';
import type { Command } from '../Shell.js';

/** `up [--foreground]` */
export const up: Command = async (shell) => {
  const { output, setting, options } = shell;
  demandTrust(setting);
  if (options.foreground === true) {
    // Signals are the daemon's own matter now.
    for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
    const { ensureSafePlaces } = await import('../../ipc/safeDirectory.js');
    const { runDaemon } = await import('../../daemon/runDaemon.js');
    const { path, fingerprint, places } = setting;
    ensureSafePlaces(places);
    const log = (line: string) => output.note(line);
    return (await runDaemon({ path, fingerprint, places, log })) === 0 ? EXIT.ok : EXIT.connection;
  }
  const { pid } = await (await shell.backend()).request('daemon.status');
  if (output.isJson) output.json({ pid });
  else output.note(`the daemon runs as process ${pid}`);
  return EXIT.ok;
};
