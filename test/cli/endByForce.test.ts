/** What `down` does to a process, and how long it waits for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { endByForce, signalDaemon } from '../../src/cli/endByForce.js';
import { untilGone } from '../../src/cli/untilGone.js';
import { Deadline } from '../../src/daemon/client/Deadline.js';
import { acquire, ownerOf } from '../../src/ipc/ownership.js';
import { identify, type ProcessIdentity } from '../../src/ipc/processIdentity.js';
import { makeDirectory } from '../ipc/support.js';

const soon = () => new Deadline(20_000, new AbortController().signal);

/** A process that owns the lock, and hears no SIGTERM. */
async function deafOwner(lock: string): Promise<{ child: ChildProcess; owner: ProcessIdentity }> {
  const script = `process.on('SIGTERM', () => console.log('SIGTERM')); setInterval(() => {}, 1e6); console.log('ready')`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const owner = identify(child.pid ?? 0);
  if (owner === null) throw new Error('it ended');
  expect(acquire({ lock }, owner).kind).toBe('acquired');
  return { child, owner };
}

test('one that hears nothing is killed in the end', async () => {
  const lock = join(makeDirectory(), 'lock');
  const { child, owner } = await deafOwner(lock);
  let heard = '';
  child.stdout?.on('data', (chunk) => {
    heard += chunk;
  });
  const exited = once(child, 'exit');
  await endByForce({ lock }, owner, soon());
  expect(await exited).toEqual([null, 'SIGKILL']);
  expect(heard).toBe('SIGTERM\nSIGTERM\n');
  expect(ownerOf({ lock })).toBeNull();
});

test('a stranger that has its id by now, or may have, is left alone', async () => {
  const { child, owner } = await deafOwner(join(makeDirectory(), 'lock'));
  signalDaemon({ ...owner, start: 'long ago' }, 'SIGKILL');
  expect(() => signalDaemon({ ...owner, start: '' }, 'SIGKILL')).toThrow(
    `process ${owner.pid} holds the place`,
  );
  expect(identify(owner.pid)).toEqual(owner);
  const exited = once(child, 'exit');
  signalDaemon(owner, 'SIGKILL');
  expect(await exited).toEqual([null, 'SIGKILL']);
});

test('nobody waits for the one that comes after it', async () => {
  const lock = join(makeDirectory(), 'lock');
  const { child, owner } = await deafOwner(lock);
  const gone = untilGone({ lock }, owner, soon());
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  expect(acquire({ lock }).kind).toBe('acquired');
  await gone;
  await untilGone({ lock }, owner, soon());
  const now = new Deadline(1, new AbortController().signal);
  await expect(untilGone({ lock }, ownerOf({ lock }), now)).rejects.toMatchObject({
    code: 'REQUEST_TIMEOUT',
  });
});
