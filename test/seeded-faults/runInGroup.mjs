import { spawn } from 'node:child_process';

/** The groups that are running. They do not hear the signals that end us. */
const groups = new Set();
process.on('exit', () => groups.forEach(kill));
for (const [signal, number] of [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
]) {
  process.once(signal, () => process.exit(128 + number));
}

/**
 * Runs a program in a process group of its own, and returns how it ended and what it said. Whatever it
 * started is killed with it: after `timeout` milliseconds (`isHung`), and when it leaves something behind.
 */
export function runInGroup(command, args, { cwd, timeout }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let isHung = false;
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    if (child.pid !== undefined) groups.add(child.pid);
    const timer = setTimeout(() => {
      isHung = true;
      kill(child.pid);
    }, timeout);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    // Before `close`, which waits for everybody who holds the output.
    child.once('exit', () => kill(child.pid));
    child.once('close', (code) => {
      clearTimeout(timer);
      groups.delete(child.pid);
      resolve({ code, output, isHung });
    });
  });
}

function kill(group) {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
