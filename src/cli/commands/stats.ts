import { ownerOf } from '../../ipc/ownership.js';
import { EXIT } from '../exits.js';
import type { Command } from '../Shell.js';
import { writeTable } from '../table.js';

/** `stats`: starts nothing. */
export const stats: Command = async (shell) => {
  const { output, setting } = shell;
  const daemon = await shell.runningDaemon();
  if (daemon === null) {
    if (output.isJson) output.json({ running: false });
    else {
      const owner = ownerOf(setting.places);
      output.text(owner === null ? 'no daemon is running' : `process ${owner.pid} is leaving, or starting`);
    }
    return EXIT.ok;
  }
  const found = await daemon.request('daemon.stats');
  if (output.isJson) {
    output.json({ running: true, ...found });
    return EXIT.ok;
  }
  const rows = found.servers.map(({ name, status, users, connection: { calls, reconnections } }) => [
    name,
    status,
    String(users),
    String(calls.succeeded),
    String(calls.failed),
    String(reconnections),
  ]);
  writeTable(output, ['server', 'status', 'users', 'calls', 'failed', 'reconnections'], rows);
  const { gets, created, evicted } = found.pool;
  output.text(
    `gets ${gets.accepted}: ${gets.succeeded} succeeded, ${gets.failed} failed, ${gets.cancelled} cancelled; ` +
      `connections made ${created}, evicted ${evicted}`,
  );
  return EXIT.ok;
};
