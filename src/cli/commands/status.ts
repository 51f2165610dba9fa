import type { Backend } from '../backend.types.js';
import { EXIT } from '../exits.js';
import type { Command, Shell } from '../Shell.js';
import { serverTable } from './servers.js';

/** Milliseconds between two looks. */
const WATCH_EVERY = 1000;

/** `status [--watch]`: starts nothing. */
export const status: Command = async (shell) => {
  const daemon = await shell.runningDaemon();
  if (daemon === null) {
    if (shell.output.isJson) shell.output.json({ running: false });
    else shell.output.text('no daemon is running; the next call starts one');
    return EXIT.ok;
  }
  await show(shell, daemon);
  while (shell.options.watch === true) {
    await pause(shell.deadline.signal);
    await show(shell, daemon);
  }
  return EXIT.ok;
};

async function show({ output, setting, options }: Shell, daemon: Backend): Promise<void> {
  const found = await daemon.request('daemon.status');
  if (output.isJson) {
    output.json({ running: true, config: setting.path, ...found });
    return;
  }
  const { pid, version, startedAt, clients, requests, pool, servers } = found;
  if (options.watch === true) output.clear();
  output.table(
    ['daemon', ''],
    [
      ['process', String(pid)],
      ['version', version],
      ['configuration', setting.path],
      ['since', new Date(startedAt).toISOString()],
      ['clients', String(clients)],
      ['requests in work', String(requests)],
      [
        'connections',
        `${pool.total}: ${pool.active} active, ${pool.idle} idle, ${pool.connecting} connecting`,
      ],
    ],
  );
  output.table(...serverTable(servers));
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, WATCH_EVERY);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
