import { pause } from '../../daemon/client/pause.js';
import type { DaemonStatus } from '../../daemon/protocol.types.js';
import { ownerOf } from '../../ipc/ownership.js';
import type { ProcessIdentity } from '../../ipc/processIdentity.js';
import { codeOf, EXIT } from '../exits.js';
import type { Command, Shell } from '../Shell.js';
import { writeTable } from '../table.js';
import { serverTable } from './servers.js';

/** Milliseconds between two looks. */
const WATCH_EVERY = 1000;

/** `status [--watch]`: starts nothing. What is watched may leave and come again. */
export const status: Command = async (shell) => {
  const { options, deadline, output } = shell;
  if (options.watch !== true) {
    show(shell, await look(shell));
    return EXIT.ok;
  }
  while (!deadline.isOver) {
    const found = await look(shell);
    output.clear();
    show(shell, found);
    await pause(Math.min(WATCH_EVERY, deadline.left), deadline.signal);
  }
  return EXIT.ok;
};

type Found = DaemonStatus | ProcessIdentity | null;

/** Null when no daemon runs; the process where one cannot be asked yet, or any more. */
async function look(shell: Shell): Promise<Found> {
  return (await ask(shell)) ?? ownerOf(shell.setting.places);
}

async function ask(shell: Shell): Promise<DaemonStatus | null> {
  const daemon = await shell.runningDaemon();
  try {
    return (await daemon?.request('daemon.status')) ?? null;
  } catch (error) {
    // It left meanwhile.
    if (['NO_DAEMON', 'PEER_GONE', 'DAEMON_LEAVING'].includes(codeOf(error))) return null;
    throw error;
  }
}

function show({ output, setting }: Shell, found: Found): void {
  if (found !== null && !('version' in found)) {
    const { pid } = found;
    if (output.isJson) output.json({ running: false, pid });
    else output.text(`process ${pid} is leaving, or starting`);
    return;
  }
  if (output.isJson) {
    output.json(found === null ? { running: false } : { running: true, config: setting.path, ...found });
    return;
  }
  if (found === null) {
    output.text('no daemon is running; the next call starts one');
    return;
  }
  const { pid, version, startedAt, clients, requests, pool, servers } = found;
  const connections = `${pool.total}: ${pool.active} active, ${pool.idle} idle, ${pool.connecting} connecting`;
  writeTable(
    output,
    ['', ''],
    [
      ['process', String(pid)],
      ['version', version],
      ['configuration', setting.path],
      ['since', new Date(startedAt).toISOString()],
      ['clients', String(clients)],
      ['requests in work', String(requests)],
      ['connections', connections],
    ],
  );
  if (output.isTerminal) output.line('');
  writeTable(output, ...serverTable(servers));
}
