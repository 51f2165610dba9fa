import { Deadline } from '../daemon/client/Deadline.js';
import type { Places } from '../ipc/places.js';
import { type ProcessIdentity, presenceOf } from '../ipc/processIdentity.js';
import { CommandError, codeOf } from './exits.js';
import { untilGone } from './untilGone.js';

/** Milliseconds after each signal. The first has a daemon leave, the second has it do so without its calls. */
const STEPS = [
  ['SIGTERM', 500],
  ['SIGTERM', 4_500],
] as const;

/**
 * Ends a daemon that answers nothing: in good order if it still hears, otherwise at once. What it leaves behind then, the
 * next daemon ends.
 *
 * @throws CommandError `REQUEST_TIMEOUT`, or the reason of the deadline's signal; `DAEMON_FROZEN` when it cannot be told
 * whether that process is the daemon
 */
export async function endByForce(
  places: Pick<Places, 'lock'>,
  daemon: ProcessIdentity,
  deadline: Deadline,
): Promise<void> {
  for (const [name, time] of STEPS) {
    signalDaemon(daemon, name);
    // A stopped process hears nothing before it is woken.
    if (process.platform !== 'win32') signalDaemon(daemon, 'SIGCONT');
    if (await isGoneWithin(Math.min(time, deadline.left), places, daemon, deadline.signal)) return;
  }
  signalDaemon(daemon, 'SIGKILL');
  await untilGone(places, daemon, deadline);
}

/**
 * Nothing happens where it is gone.
 *
 * @throws CommandError `DAEMON_FROZEN` when it cannot be told whether that process is the daemon
 */
export function signalDaemon(daemon: ProcessIdentity, name: NodeJS.Signals): void {
  const presence = presenceOf(daemon);
  if (presence === 'unsure') {
    const why = 'the system does not tell when it started, so it could be another by now';
    throw new CommandError('DAEMON_FROZEN', `process ${daemon.pid} holds the place of the daemon; ${why}`);
  }
  if (presence === 'gone') return;
  try {
    process.kill(daemon.pid, name);
  } catch {
    // Gone meanwhile.
  }
}

async function isGoneWithin(
  time: number,
  places: Pick<Places, 'lock'>,
  daemon: ProcessIdentity,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await untilGone(places, daemon, new Deadline(time, signal));
    return true;
  } catch (error) {
    if (codeOf(error) === 'REQUEST_TIMEOUT') return false;
    throw error;
  }
}
