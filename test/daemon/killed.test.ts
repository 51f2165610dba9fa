/** Daemons that are killed where it hurts, as commands see it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { MARK_VARIABLE } from '../../src/ipc/children.js';
import { identify, isAlive } from '../../src/ipc/processIdentity.js';
import { buildCommand, User } from '../cli/support.js';
import { faultyServer } from '../support/faultyServer.js';

const command = buildCommand();
const diesUnrecorded = fileURLToPath(new URL('diesUnrecorded.mjs', import.meta.url));

/** Serves, and does not end with its input. */
const staying = { command: 'sh', args: ['-c', '"$0" "$1"; exec sleep 600', process.execPath, faultyServer] };

/** A user to whom the first daemon has left a server that it had not recorded. */
async function withOrphan() {
  const user = new User(command);
  user.configure({ real: staying });
  const file = join(user.home, 'pid');
  const env = {
    NODE_OPTIONS: `--import=${diesUnrecorded}`,
    SOURCES_OF_DAEMON: dirname(dirname(command.path)),
    LEAVES_PID: file,
  };
  const { code } = await user.lifeline(['call', 'real', 'pid'], { env });
  const pid = Number(readFileSync(file, 'utf8'));
  const orphan = identify(pid);
  if (orphan === null) throw new Error('the server is gone by itself');
  onTestFinished(() => {
    if (isAlive(orphan)) process.kill(pid, 'SIGKILL');
  });
  return { user, code, orphan };
}

test('row 49: a server that was not recorded yet is ended by the next daemon', async () => {
  const { user, code, orphan } = await withOrphan();
  expect([code, isAlive(orphan), user.daemons]).toEqual([3, true, []]);
  const { stdout } = await user.lifeline(['call', 'real', 'pid']);
  expect(Number(stdout)).toBeGreaterThan(1);
  expect(Number(stdout)).not.toBe(orphan.pid);
  expect(isAlive(orphan)).toBe(false);
  expect(user.logs).toContain(`ended what a crashed daemon left: ${orphan.pid}`);
});

test('row 49: and by one of whichever configuration', async () => {
  const { user, orphan } = await withOrphan();
  user.configure({ other: { command: process.execPath, args: [faultyServer] } });
  expect(await user.lifeline(['up'])).toMatchObject({ code: 0 });
  await user.logged(`ended what crashed daemons left: ${orphan.pid}`);
  expect(isAlive(orphan)).toBe(false);
});

test('a daemon that a server of another one starts is not taken for one of its servers', async () => {
  const user = new User(command);
  user.configure({ real: { command: process.execPath, args: [faultyServer] } });
  const env = { [MARK_VARIABLE]: '0123456789abcdef0123456789abcdef' };
  expect(await user.lifeline(['up'], { env })).toMatchObject({ code: 0 });
  const [daemon = 0] = user.daemons;
  expect(readFileSync(`/proc/${daemon}/environ`, 'latin1')).not.toContain(MARK_VARIABLE);
});
