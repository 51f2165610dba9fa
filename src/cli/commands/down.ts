import { ownerOf } from '../../ipc/ownership.js';
import { endByForce, signalDaemon } from '../endByForce.js';
import { codeOf, EXIT } from '../exits.js';
import type { Command, Shell } from '../Shell.js';
import { untilGone } from '../untilGone.js';

/** `down [--force]`: resolves when the daemon and its servers are gone. */
export const down: Command = async (shell) => {
  const wasRunning = await end(shell);
  const { output } = shell;
  if (output.isJson) output.json({ wasRunning });
  else output.note(wasRunning ? 'the daemon is gone' : 'no daemon is running');
  return EXIT.ok;
};

/** False when there was none. */
async function end(shell: Shell): Promise<boolean> {
  const { output, options, setting, deadline } = shell;
  const { places } = setting;
  const isForced = options.force === true;
  // Before anything is asked: who comes after it is none of ours.
  const owner = ownerOf(places);
  let isTold: boolean;
  try {
    isTold = await tell(shell, isForced);
  } catch (error) {
    if (!isForced || owner === null || codeOf(error) !== 'DAEMON_FROZEN') throw error;
    await endByForce(places, owner, deadline);
    return true;
  }
  if (owner !== null && !isTold) {
    if (!output.isJson) output.note(`process ${owner.pid} is leaving, or starting`);
    if (isForced) signalDaemon(owner, 'SIGTERM');
  }
  await untilGone(places, owner, deadline, async () => {
    // One that starts hears it as soon as it hears anything.
    isTold ||= await tell(shell, isForced);
  });
  return isTold || owner !== null;
}

/** False when there is none, or none that can be asked. */
async function tell(shell: Shell, isUrgent: boolean): Promise<boolean> {
  const daemon = await shell.runningDaemon();
  try {
    await daemon?.request('daemon.stop', { isUrgent });
    return daemon !== null;
  } catch (error) {
    // It left meanwhile.
    if (['NO_DAEMON', 'PEER_GONE', 'DAEMON_LEAVING'].includes(codeOf(error))) return false;
    throw error;
  }
}
